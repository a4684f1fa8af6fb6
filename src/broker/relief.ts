/**
 * What a broker does when memory fills up and there is a disk: messages are moved to where they
 * can be read back.
 *
 * Responsible for when queues and store are asked to, for asking again, and for publishers that
 * wait meanwhile. Not responsible for what a queue moves (queues/classic.ts) or for the count
 * (memory.ts).
 */
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/port.ts';
import type { Memory } from './memory.ts';
import type { Queue } from './queue.ts';

/** How often relief is tried while the memory alarm is up. */
const ALARM_RELIEF_MS = 200;

export interface ReliefParts {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly store: Store;
  queues(): Iterable<Queue>;
  /** What else may help is tried, too. */
  compact(): void;
}

export class Relief {
  readonly #parts: ReliefParts;
  /** Queues that are moving messages to the disk, and full journal files that are. */
  #moving = 0;
  /** Another try under the memory alarm is due. */
  #isDue = false;
  /** Publishers that wait for queues that are moving. */
  readonly #waiting: (() => void)[] = [];

  constructor(parts: ReliefParts) {
    this.#parts = parts;
  }

  /** Looks whether memory fills up, and if so moves to the disk what can be read back from it. */
  relieveIfNeeded(): void {
    const { memory, store, queues } = this.#parts;
    if (!memory.wantsRelief) return;
    memory.relieved();
    const moved = store.relieve();
    if (moved === null) return;
    this.#moving++;
    void moved.then(this.#moved);
    for (const queue of queues()) if (queue.pageOut()) this.#moving++;
  }

  /** A queue has moved messages to the disk, for want of memory: there may be more to move. */
  readonly onPaged = (): void => {
    this.#moving--;
    this.#again();
    this.#resume();
  };

  /** What was in the journal alone, and came before, is elsewhere. */
  readonly #moved = (): void => {
    this.#moving--;
    this.relieveIfNeeded();
    this.#resume();
  };

  #resume(): void {
    if (this.#isBehind) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Whether publishers should wait: the disk is behind with what it has to take. */
  get isDiskBehind(): boolean {
    return this.#parts.store.isFull || this.#isBehind;
  }

  /** Calls back, once, when `isDiskBehind` may no longer be so. */
  whenDiskCaughtUp(resume: () => void): void {
    const { store } = this.#parts;
    if (store.isFull) store.whenRoom(resume);
    else this.#waiting.push(resume);
  }

  /**
   * While the memory alarm is up, publishers are not read, so that nothing they do gives cause to
   * move anything to the disk: it is tried again and again.
   */
  alarmRaised(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const { clock, memory, compact } = this.#parts;
    clock.setTimeout(() => {
      this.#isDue = false;
      if (!memory.alarm) return;
      this.#again();
      compact();
      this.alarmRaised();
    }, ALARM_RELIEF_MS);
  }

  get #isBehind(): boolean {
    return this.#moving !== 0 && this.#parts.memory.isPressed;
  }

  #again(): void {
    this.#parts.memory.reliefDone();
    this.relieveIfNeeded();
  }
}
