/**
 * Chooses the consumer for the next message of one queue: highest priority first, round robin among
 * equals (docs/compatibility.md A7.3).
 *
 * Responsible for whose turn it is. Not responsible for credit: a consumer that says it is not
 * ready is parked, that is taken out of the turn at no further cost, until it is activated again;
 * it then queues up behind its equals.
 */
import { Ring } from '../lib/ring.ts';
import type { Consumer } from './consumer.ts';

/** The consumers of one queue, and whose turn it is. */
export interface Turns {
  readonly size: number;
  all(): Iterable<Consumer>;
  add(consumer: Consumer): void;
  /** Whether it was there. */
  remove(consumer: Consumer): boolean;
  /** Gives a parked consumer its turn again. */
  activate(consumer: Consumer): void;
  /** The consumer for the next message, which counts as its turn; null when none is ready. */
  next(): Consumer | null;
  /** The same among those that `accepts` names; the others keep their turn. */
  nextWhere(accepts: (consumer: Consumer) => boolean): Consumer | null;
}

/** A consumer's place; it stays in the ring, dead, when the consumer is taken off meanwhile. */
interface Place {
  readonly consumer: Consumer;
  readonly group: Group;
  live: boolean;
}

interface Group {
  readonly priority: number;
  /** Consumers that were ready when last looked at, in the order of their turns. */
  turn: Ring<Place>;
  members: number;
  /** Dead places in `turn`, at the most. */
  dead: number;
}

/** Dead places that a group may have beyond the number of its members. */
const SPARE_DEAD = 16;

export class Dispatcher implements Turns {
  readonly #places = new Map<Consumer, Place>();
  /** By priority, highest first; a group without members is removed. */
  #groups: Group[] = [];

  get size(): number {
    return this.#places.size;
  }

  all(): Iterable<Consumer> {
    return this.#places.keys();
  }

  add(consumer: Consumer): void {
    let group = this.#groups.find((each) => each.priority === consumer.priority);
    if (group === undefined) {
      group = { priority: consumer.priority, turn: new Ring(), members: 0, dead: 0 };
      this.#groups.push(group);
      this.#groups.sort((a, b) => b.priority - a.priority);
    }
    const place = { consumer, group, live: true };
    this.#places.set(consumer, place);
    group.members++;
    consumer.parked = false;
    group.turn.push(place);
  }

  remove(consumer: Consumer): boolean {
    const place = this.#places.get(consumer);
    if (place === undefined) return false;
    this.#places.delete(consumer);
    place.live = false;
    const { group } = place;
    if (--group.members === 0) this.#groups = this.#groups.filter((each) => each !== group);
    else if (!consumer.parked && ++group.dead > group.members + SPARE_DEAD) sweep(group);
    return true;
  }

  activate(consumer: Consumer): void {
    const place = this.#places.get(consumer);
    if (place === undefined || !consumer.parked) return;
    consumer.parked = false;
    place.group.turn.push(place);
  }

  next(): Consumer | null {
    for (const group of this.#groups) {
      const place = frontOf(group);
      if (place === undefined) continue;
      const { turn } = group;
      if (turn.length > 1) {
        turn.shift();
        turn.push(place);
      }
      return place.consumer;
    }
    return null;
  }

  nextWhere(accepts: (consumer: Consumer) => boolean): Consumer | null {
    for (const group of this.#groups) {
      const place = takeWhere(group, accepts);
      if (place === undefined) continue;
      group.turn.push(place);
      return place.consumer;
    }
    return null;
  }
}

/** Whose turn it is in a group; those that are not ready are parked on the way. */
function frontOf(group: Group): Place | undefined {
  const { turn } = group;
  for (let place = turn.peek(); place !== undefined; place = turn.peek()) {
    const { consumer } = place;
    if (place.live && consumer.isReady()) return place;
    turn.shift();
    if (!place.live) {
      group.dead--;
      continue;
    }
    consumer.parked = true;
    consumer.park();
  }
  return undefined;
}

/** Takes the first of those that are ready and accepted out of the turn. */
function takeWhere(group: Group, accepts: (consumer: Consumer) => boolean): Place | undefined {
  const skipped: Place[] = [];
  let place = frontOf(group);
  while (place !== undefined) {
    group.turn.shift();
    if (accepts(place.consumer)) break;
    skipped.push(place);
    place = frontOf(group);
  }
  for (let i = skipped.length - 1; i >= 0; i--) group.turn.unshift(skipped[i] as Place);
  return place;
}

/** Takes the dead out, so that consumers that come and go leave nothing where no message passes. */
function sweep(group: Group): void {
  const live = new Ring<Place>();
  for (const place of group.turn) if (place.live) live.push(place);
  group.turn = live;
  group.dead = 0;
}
