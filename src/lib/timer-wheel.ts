/**
 * Tens of thousands of timeouts on one underlying timer: a hashed wheel.
 *
 * Time is cut into ticks of `tickMs`, counted from the wheel's creation, so rounding never adds up.
 * A timer is kept in the slot `dueTick % slots`; one that lies further than a turn ahead stays
 * there until its turn comes. A timer fires at the first tick boundary at or after its deadline: up
 * to one tick late, never early. Pushing a deadline further away only writes a number: the timer is
 * moved when its old slot comes up. The clock's timer is set for the next slot in use, and not at
 * all when the wheel is empty; it does not keep the process alive.
 *
 * Invariant: every timer is in at most one list, and no later than its due tick.
 */

import type { CancelTimer, Clock } from './clock.ts';

/** A doubly linked list's joint: a timer, or the sentinel that closes a list into a ring. */
interface Link {
  prev: Link;
  next: Link;
}

function sentinel(): Link {
  const link = {} as Link;
  link.prev = link;
  link.next = link;
  return link;
}

function unlink(link: Link): void {
  link.prev.next = link.next;
  link.next.prev = link.prev;
  link.prev = link;
  link.next = link;
}

function append(list: Link, link: Link): void {
  link.prev = list.prev;
  link.next = list;
  list.prev.next = link;
  list.prev = link;
}

/** One timeout. It may be rescheduled for as long as anybody holds it, fired or not. */
export interface WheelTimer {
  /** True from being scheduled until it fires or is cancelled. */
  readonly active: boolean;
  /** Takes the timer back; nothing happens when it is not active. */
  cancel(): void;
  /** Fires `delayMs` milliseconds from now instead of when it was to; revives an inactive timer. */
  reschedule(delayMs: number): void;
}

class Entry implements WheelTimer, Link {
  prev: Link = this;
  next: Link = this;
  active = false;
  /** When to fire. */
  dueTick = 0;
  /** The tick at which the list that holds the timer is looked at: at most `dueTick`. */
  visitTick = 0;
  readonly fire: () => void;
  readonly #wheel: TimerWheel;

  constructor(wheel: TimerWheel, fire: () => void) {
    this.#wheel = wheel;
    this.fire = fire;
  }

  cancel(): void {
    this.#wheel.cancel(this);
  }

  reschedule(delayMs: number): void {
    this.#wheel.reschedule(this, delayMs);
  }
}

export class TimerWheel {
  readonly #clock: Clock;
  /** The resolution, in milliseconds. */
  readonly tickMs: number;
  readonly #slots: Link[] = [];
  readonly #originMs: number;
  /** Due timers of the turn in progress. What a throwing callback left behind is fired next. */
  readonly #firing = sentinel();
  /** All slots up to and including this tick have been looked at. */
  #tick = 0;
  #size = 0;
  /** The tick that the clock's timer is set for, and how to take it back. */
  #armedTick = Number.POSITIVE_INFINITY;
  #disarm: CancelTimer | undefined;
  #running = false;

  /**
   * @param clock where the time comes from
   * @param tickMs the resolution in milliseconds, above 0
   * @param slots ticks in one turn of the wheel; a delay beyond it costs one look a turn
   */
  constructor(clock: Clock, tickMs: number, slots: number) {
    if (!(tickMs > 0)) throw new RangeError(`tickMs must be above 0, not ${tickMs}`);
    if (!Number.isInteger(slots) || slots < 1) {
      throw new RangeError(`slots must be a positive integer, not ${slots}`);
    }
    this.#clock = clock;
    this.tickMs = tickMs;
    this.#originMs = clock.now();
    for (let i = 0; i < slots; i++) this.#slots.push(sentinel());
  }

  /** How many timers are active. */
  get size(): number {
    return this.#size;
  }

  /**
   * Calls `fn` once, `delayMs` milliseconds from now, up to a tick later. What it throws goes to
   * the process (`uncaughtException`); the other timers are not affected.
   */
  schedule(fn: () => void, delayMs: number): WheelTimer {
    const entry = new Entry(this, fn);
    this.reschedule(entry, delayMs);
    return entry;
  }

  /** Takes back every timer. */
  clear(): void {
    for (const list of [this.#firing, ...this.#slots]) {
      while (list.next !== list) this.cancel(list.next as Entry);
    }
  }

  /** @internal */
  cancel(entry: Entry): void {
    if (!entry.active) return;
    entry.active = false;
    unlink(entry);
    this.#size--;
    if (this.#size === 0) this.#stop();
  }

  /** @internal */
  reschedule(entry: Entry, delayMs: number): void {
    if (!(delayMs >= 0)) throw new RangeError(`delay must be 0 ms or more, not ${delayMs}`);
    const sinceOriginMs = this.#clock.now() - this.#originMs;
    if (!this.#running) {
      // No timer lies before the slot that the clock's timer is set for: those ticks are done with.
      const nowTick = Math.floor(sinceOriginMs / this.tickMs);
      this.#tick = Math.max(this.#tick, Math.min(nowTick, this.#armedTick - 1));
    }
    const dueTick = Math.max(Math.ceil((sinceOriginMs + delayMs) / this.tickMs), this.#tick + 1);
    entry.dueTick = dueTick;
    if (entry.active && dueTick >= entry.visitTick && entry.visitTick > this.#tick) return;
    if (entry.active) unlink(entry);
    else this.#size++;
    entry.active = true;
    this.#place(entry);
    if (!this.#running && entry.visitTick < this.#armedTick) this.#arm(entry.visitTick);
  }

  #place(entry: Entry): void {
    const turn = this.#slots.length;
    // Further than a turn: looked at, and left where it is, each time that its slot comes up.
    const ahead = (entry.dueTick - this.#tick - 1) % turn;
    entry.visitTick = this.#tick + 1 + ahead;
    append(this.#slot(entry.visitTick), entry);
  }

  #slot(tick: number): Link {
    return this.#slots[tick % this.#slots.length] as Link;
  }

  #run(): void {
    this.#disarm = undefined;
    this.#armedTick = Number.POSITIVE_INFINITY;
    this.#running = true;
    try {
      this.#fireAll();
      const nowTick = Math.floor((this.#clock.now() - this.#originMs) / this.tickMs);
      while (this.#tick < nowTick && this.#size > 0) {
        this.#tick++;
        this.#collect(this.#slot(this.#tick));
        this.#fireAll();
      }
      this.#tick = Math.max(this.#tick, nowTick);
    } finally {
      this.#running = false;
      this.#armNext();
    }
  }

  /** Takes the due timers out of a slot and moves the postponed ones to where they belong now. */
  #collect(slot: Link): void {
    const last = slot.prev;
    let link = slot.next;
    while (link !== slot) {
      const entry = link as Entry;
      const isLast = link === last;
      link = link.next;
      unlink(entry);
      if (entry.dueTick <= this.#tick) append(this.#firing, entry);
      else this.#place(entry);
      if (isLast) return;
    }
  }

  #fireAll(): void {
    while (this.#firing.next !== this.#firing) {
      const entry = this.#firing.next as Entry;
      unlink(entry);
      entry.active = false;
      this.#size--;
      entry.fire();
    }
  }

  #armNext(): void {
    if (this.#size === 0) this.#stop();
    else this.#arm(this.#nextTick());
  }

  /** The next slot in use. What a throwing callback left to fire is due now. */
  #nextTick(): number {
    if (this.#firing.next !== this.#firing) return this.#tick;
    let tick = this.#tick + 1;
    while (this.#slot(tick).next === this.#slot(tick)) tick++;
    return tick;
  }

  #arm(tick: number): void {
    this.#disarm?.();
    this.#armedTick = tick;
    const dueMs = this.#originMs + tick * this.tickMs;
    const delayMs = Math.max(0, Math.ceil(dueMs - this.#clock.now()));
    this.#disarm = this.#clock.setTimeout(() => this.#run(), delayMs);
  }

  #stop(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedTick = Number.POSITIVE_INFINITY;
  }
}
