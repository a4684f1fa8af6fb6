/**
 * What is known of the messages of one journey. Each is in one queue of it at a time: whatever the
 * broker moves is neither lost nor doubled.
 */
import type { Message as RawMessage } from 'amqplib';
import type { Message } from '../ledger/copy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { OrderCheck } from '../ledger/order.ts';
import { describeDamage, readId } from '../payload.ts';
import { type JourneyPlan, returnsOf } from './plans.ts';

interface Traveller {
  readonly message: Message;
  isConfirmed: boolean;
  /** Delivered, and not settled since, in this life of the broker. */
  isHeld: boolean;
  /** An ack was sent in this life. */
  isAcked: boolean;
  /** An ack was sent in an earlier life, and may have been kept. */
  mayBeGone: boolean;
  /** How often it was put back, known to be kept. */
  returns: number;
}

export class JourneyLog {
  readonly #plan: JourneyPlan;
  readonly #ledger: Ledger;
  /** Those that may be there, by id. */
  readonly #there = new Map<number, Traveller>();
  #order = new OrderCheck();

  constructor(plan: JourneyPlan, ledger: Ledger) {
    this.#plan = plan;
    this.#ledger = ledger;
  }

  get count(): number {
    return this.#there.size;
  }

  sent(bytes: number): Message {
    const message = this.#ledger.send(this.#plan.name, bytes, true, []);
    const flags = { isConfirmed: false, isHeld: false, isAcked: false, mayBeGone: false };
    this.#there.set(message.id, { message, ...flags, returns: 0 });
    return message;
  }

  confirmed(message: Message): void {
    this.#ledger.confirmed(message);
    const traveller = this.#there.get(message.id);
    if (traveller !== undefined) traveller.isConfirmed = true;
  }

  /** Holds a delivery against what is known; its id, or null when it should not have come. */
  delivered(queue: string, raw: RawMessage, nowMs: number): number | null {
    const id = readId(raw);
    const traveller = id === null ? undefined : this.#there.get(id);
    const what = `${raw.properties.messageId} in ${queue}`;
    if (id === null || traveller === undefined) {
      this.#ledger.violation(`${what} came, which must not come (any more)`);
      return null;
    }
    const { message, isHeld, isAcked, returns } = traveller;
    const faults = [
      describeDamage(raw, message),
      isHeld ? 'came twice' : null,
      isAcked ? 'came again after its ack, with no restart between' : null,
      queue === 'journey.counted' && returnsOf(raw.properties.headers) < returns
        ? `came back ${returns} times, and ${returnsOf(raw.properties.headers)} are known`
        : null,
      this.#plan.fault(queue, raw.properties, nowMs),
      this.#plan.keepsOrder && !raw.fields.redelivered ? this.#orderFault(id) : null,
    ];
    for (const fault of faults) {
      if (fault !== null) this.#ledger.violation(`${what} ${fault}`);
    }
    traveller.isHeld = true;
    // No ack of it was kept.
    traveller.mayBeGone = false;
    return id;
  }

  /** It is on its way back, to another queue, or (`isEnd`) gone. */
  settled(id: number, isEnd: boolean): void {
    const traveller = this.#there.get(id);
    if (traveller === undefined) return;
    traveller.isHeld = false;
    traveller.isAcked = isEnd;
    if (isEnd) this.#ledger.ackedCount++;
  }

  /** It is known that this will last. */
  proved(id: number, isEnd: boolean): void {
    const traveller = this.#there.get(id);
    if (traveller === undefined) return;
    if (isEnd) this.#there.delete(id);
    else traveller.returns++;
  }

  /** The broker has ended: what was held is back, acks that were not proved may be lost. */
  endRound(): void {
    for (const traveller of this.#there.values()) {
      traveller.mayBeGone ||= traveller.isAcked;
      traveller.isHeld = false;
      traveller.isAcked = false;
    }
    this.#order = new OrderCheck();
  }

  /** Taken out for good. */
  drained(id: number): void {
    this.#there.delete(id);
  }

  /** Nothing more will come: whatever was confirmed and is not there is lost. */
  finish(): void {
    for (const [id, { isConfirmed, mayBeGone, message }] of this.#there) {
      if (!isConfirmed || mayBeGone) continue;
      const what = `${message.stream}:${id} of round ${message.round}`;
      this.#ledger.violation(`${what} was confirmed and is not there`, 'lost');
    }
  }

  #orderFault(id: number): string | null {
    const before = this.#order.follow(this.#plan.name, id);
    return before === null ? null : `came behind ${before}`;
  }
}
