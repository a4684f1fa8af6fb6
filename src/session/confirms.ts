/**
 * Publisher confirms of one channel (A9.1): numbers publishes and turns settled ones into as few
 * frames as can be.
 *
 * Responsible for numbering and for which ack or nack frames are due; `flush` is called when the
 * octets that were read have been worked off, never by a timer. Not responsible for durability:
 * queues settle tokens, at once or later, in any order.
 */
import type { PublishToken } from '../broker/queue.ts';

/** Writes one confirm frame. */
export type ConfirmWriter = (sequence: number, multiple: boolean, positive: boolean) => void;

class Token implements PublishToken {
  readonly #confirms: Confirms;
  readonly #sequence: number;
  #waitingFor: number;
  #rejected = false;

  constructor(confirms: Confirms, sequence: number, destinations: number) {
    this.#confirms = confirms;
    this.#sequence = sequence;
    this.#waitingFor = destinations;
  }

  settle(outcome: 'confirmed' | 'rejected'): void {
    if (outcome === 'rejected') this.#rejected = true;
    if (--this.#waitingFor === 0) this.#confirms.settled(this.#sequence, !this.#rejected);
  }
}

export class Confirms {
  #lastSequence = 0;
  /** Everything up to here is settled; positive ones after `#sent` may still have to be sent. */
  #settledThrough = 0;
  /** Everything up to here was sent. */
  #sent = 0;
  /** Settled ahead of an older one; already sent, each by itself. */
  readonly #early = new Set<number>();
  readonly #write: ConfirmWriter;
  readonly #onDue: () => void;

  /** `onDue` is told when `flush` would write something. */
  constructor(write: ConfirmWriter, onDue: () => void) {
    this.#write = write;
    this.#onDue = onDue;
  }

  /**
   * Numbers one more publish that goes to that many destinations; null when none: confirmed
   * already.
   */
  next(destinations: number): PublishToken | null {
    const sequence = ++this.#lastSequence;
    if (destinations !== 0) return new Token(this, sequence, destinations);
    this.settled(sequence, true);
    return null;
  }

  /** All destinations of a publish have answered. */
  settled(sequence: number, positive: boolean): void {
    if (positive && sequence === this.#settledThrough + 1 && this.#early.size === 0) {
      this.#settledThrough = sequence;
      this.#onDue();
      return;
    }
    if (sequence === this.#settledThrough + 1) {
      this.flush();
      this.#settledThrough = sequence;
      if (positive) this.flush();
      else {
        // As RabbitMQ writes it: all before it have been told.
        this.#write(sequence, true, false);
        this.#sent = sequence;
      }
      this.#absorbEarly();
    } else {
      this.#early.add(sequence);
      this.#write(sequence, false, positive);
    }
  }

  /** Writes what is settled and unsent, as one frame. */
  flush(): void {
    const through = this.#settledThrough;
    if (through === this.#sent) return;
    this.#write(through, through - this.#sent > 1, true);
    this.#sent = through;
  }

  #absorbEarly(): void {
    while (this.#early.delete(this.#settledThrough + 1)) this.#settledThrough++;
    this.#sent = this.#settledThrough;
  }
}
