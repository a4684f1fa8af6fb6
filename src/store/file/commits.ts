/**
 * Group commit: one write is under way at a time, and all that comes meanwhile shares the next.
 *
 * Responsible for when to write and for who is told afterwards. What somebody waits for is written
 * at the end of the turn in which it came, or when the write before is done, and never waits for a
 * timer. What nobody waits for (acks) joins that, or is written a little later: a write of its own
 * would only stand in the way of the next one that matters.
 */
import type { DurabilityToken } from '../port.ts';

/** How long what nobody waits for may wait for company. */
const SOON_MS = 10;

export interface CommitWork {
  /** Whether there is something to write. */
  hasWork(): boolean;
  /** Whether somebody may be waiting for it. */
  isDue(): boolean;
  /** Writes all that there is now. Never throws; false once nothing can be written any more. */
  write(): Promise<boolean>;
  /** A write is done, and those who waited for it have been told. */
  written(): void;
  /** Runs `fn` once the loop has looked at its sockets. */
  defer(fn: () => void): void;
  wait(milliseconds: number): Promise<void>;
}

export class Commits {
  readonly #work: CommitWork;
  #tokens: DurabilityToken[] = [];
  #isScheduled = false;
  #isSoon = false;
  #running: Promise<void> | null = null;
  #hasFailed = false;

  constructor(work: CommitWork) {
    this.#work = work;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Whether everything is written. */
  get isIdle(): boolean {
    return this.#running === null && this.#tokens.length === 0 && !this.#work.hasWork();
  }

  /** Tells `token` once all that there is now has been written. */
  add(token: DurabilityToken): void {
    if (this.#hasFailed) token.settle('rejected');
    else this.#tokens.push(token);
  }

  /** There is something to write. */
  request(): void {
    if (this.#isScheduled || this.#running !== null || this.#hasFailed) return;
    this.#isScheduled = true;
    this.#work.defer(() => {
      this.#isScheduled = false;
      void this.#start();
    });
  }

  /** There is something to write that nobody waits for: it may wait for what somebody does. */
  requestSoon(): void {
    if (this.#isSoon || this.#isScheduled || this.#running !== null) return;
    this.#isSoon = true;
    void this.#work.wait(SOON_MS).then(() => {
      this.#isSoon = false;
      this.request();
    });
  }

  /** Returns once everything is written, or nothing can be any more. */
  async drain(): Promise<void> {
    while (!this.isIdle && !this.#hasFailed) await this.#start();
  }

  #start(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#tokens.length !== 0 || this.#work.isDue()) this.request();
      else if (this.#work.hasWork()) this.requestSoon();
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    do {
      const tokens = this.#tokens;
      this.#tokens = [];
      const isDone = await this.#work.write();
      this.#hasFailed = !isDone;
      settleAll(tokens, isDone);
      this.#work.written();
    } while ((this.#tokens.length !== 0 || this.#work.isDue()) && !this.#hasFailed);
    if (this.#hasFailed) settleAll(this.#tokens.splice(0), false);
  }
}

function settleAll(tokens: readonly DurabilityToken[], isDone: boolean): void {
  for (let i = 0; i < tokens.length; i++) {
    (tokens[i] as DurabilityToken).settle(isDone ? 'confirmed' : 'rejected');
  }
}
