/**
 * The destinations that share one routing key (or one place in the trie), ready to be appended.
 *
 * A destination may be bound there more than once, with different arguments: it is listed once and
 * counted. Short lists are searched; a long one gets a map, so that ten thousand queues that come
 * and go on one key do not cost a search each.
 */

import type { RoutingTarget } from '../binding.ts';

const SEARCHED_MAX = 16;

export class TargetList {
  readonly #targets: RoutingTarget[] = [];
  /** How many bindings lead to the target at the same place of `#targets`: at least 1. */
  readonly #counts: number[] = [];
  /** Where each target is; only once the list has grown long. */
  #places: Map<RoutingTarget, number> | undefined;

  get isEmpty(): boolean {
    return this.#targets.length === 0;
  }

  add(target: RoutingTarget): void {
    const place = this.#placeOf(target);
    if (place >= 0) {
      this.#counts[place] = (this.#counts[place] as number) + 1;
      return;
    }
    this.#targets.push(target);
    this.#counts.push(1);
    if (this.#places !== undefined) this.#places.set(target, this.#targets.length - 1);
    else if (this.#targets.length > SEARCHED_MAX) {
      this.#places = new Map(this.#targets.map((each, i) => [each, i]));
    }
  }

  remove(target: RoutingTarget): void {
    const place = this.#placeOf(target);
    if (place < 0) return;
    const left = (this.#counts[place] as number) - 1;
    if (left > 0) {
      this.#counts[place] = left;
      return;
    }
    // The last one takes the freed place.
    const moved = this.#targets.pop() as RoutingTarget;
    const movedCount = this.#counts.pop() as number;
    if (moved !== target) {
      this.#targets[place] = moved;
      this.#counts[place] = movedCount;
      this.#places?.set(moved, place);
    }
    this.#places?.delete(target);
  }

  appendTo(found: RoutingTarget[]): void {
    const targets = this.#targets;
    for (let i = 0; i < targets.length; i++) found.push(targets[i] as RoutingTarget);
  }

  #placeOf(target: RoutingTarget): number {
    return this.#places === undefined
      ? this.#targets.indexOf(target)
      : (this.#places.get(target) ?? -1);
  }
}
