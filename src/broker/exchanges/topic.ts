/**
 * topic: keys are words between dots; in a binding's key `*` stands for one word and `#` for any
 * number of words, none included.
 *
 * The bindings form a trie with a step per word. A message's words are walked through it once, with
 * the set of nodes that can have been reached by then: a word's own child, the `*` child, and `#`
 * children, which stay reached. Each node enters that set at most once a word, so the cost is at
 * worst words times nodes reached, however many `#` a key has. An empty routing key has no words at
 * all; `a..b` has three.
 */

import type { FieldTable } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import type { BindingIndex, ExchangeType } from '../exchange-type.ts';
import { TargetList } from './target-list.ts';

class Node {
  readonly words = new Map<string, Node>();
  star: Node | undefined;
  hash: Node | undefined;
  /** Where the bindings lead whose key ends here. */
  targets: TargetList | undefined;
  /** True when it stands for `#`: then it stays reached whatever the next word. */
  readonly isHash: boolean;
  /** The step that last reached the node. */
  reachedAt = 0;

  constructor(isHash: boolean) {
    this.isHash = isHash;
  }

  child(word: string): Node | undefined {
    if (word === '*') return this.star;
    if (word === '#') return this.hash;
    return this.words.get(word);
  }

  grow(word: string): Node {
    const child = new Node(word === '#');
    if (word === '*') this.star = child;
    else if (word === '#') this.hash = child;
    else this.words.set(word, child);
    return child;
  }

  cut(word: string): void {
    if (word === '*') this.star = undefined;
    else if (word === '#') this.hash = undefined;
    else this.words.delete(word);
  }

  get isBare(): boolean {
    return !this.targets && !this.star && !this.hash && this.words.size === 0;
  }
}

const wordsOf = (key: string): string[] => (key === '' ? [] : key.split('.'));

export class TopicIndex implements BindingIndex {
  readonly #root = new Node(false);
  /** Counts words walked, over all matches: marks which nodes the current step has reached. */
  #step = 0;
  #reached: Node[] = [];
  #next: Node[] = [];
  #nodesReached = 0;

  /** How many nodes the last match looked at: its cost. */
  get nodesReached(): number {
    return this.#nodesReached;
  }

  add(binding: Binding): void {
    let node = this.#root;
    for (const word of wordsOf(binding.routingKey)) node = node.child(word) ?? node.grow(word);
    node.targets ??= new TargetList();
    node.targets.add(binding.destination);
  }

  remove(binding: Binding): void {
    const words = wordsOf(binding.routingKey);
    const path = [this.#root];
    for (const word of words) {
      const child = path.at(-1)?.child(word);
      if (child === undefined) return;
      path.push(child);
    }
    const last = path.at(-1) as Node;
    last.targets?.remove(binding.destination);
    if (last.targets?.isEmpty) last.targets = undefined;
    for (let i = words.length; i > 0 && path[i]?.isBare; i--)
      path[i - 1]?.cut(words[i - 1] as string);
  }

  match(routingKey: string, _headers: FieldTable | undefined, found: RoutingTarget[]): void {
    this.#nodesReached = 0;
    this.#begin();
    this.#reach(this.#root);
    let start = 0;
    while (routingKey !== '' && start <= routingKey.length && this.#next.length > 0) {
      const dot = routingKey.indexOf('.', start);
      const end = dot < 0 ? routingKey.length : dot;
      this.#advance(routingKey.slice(start, end));
      start = end + 1;
    }
    for (const node of this.#next) node.targets?.appendTo(found);
  }

  /** Makes the set that was being filled the current one, and an empty one to fill. */
  #begin(): void {
    const emptied = this.#reached;
    emptied.length = 0;
    this.#reached = this.#next;
    this.#next = emptied;
    this.#step++;
  }

  #advance(word: string): void {
    this.#begin();
    for (const node of this.#reached) {
      if (node.isHash) this.#reach(node);
      if (node.star !== undefined) this.#reach(node.star);
      const child = node.words.get(word);
      if (child !== undefined) this.#reach(child);
    }
  }

  /** A node brings its `#` child along, since that may stand for no word. */
  #reach(node: Node): void {
    for (let each: Node | undefined = node; each !== undefined; each = each.hash) {
      if (each.reachedAt === this.#step) return;
      each.reachedAt = this.#step;
      this.#next.push(each);
      this.#nodesReached++;
    }
  }
}

export const topic: ExchangeType = {
  name: 'topic',
  byKeyOnly: true,
  create: () => new TopicIndex(),
};
