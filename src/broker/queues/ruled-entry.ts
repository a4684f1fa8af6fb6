/**
 * A message in a queue with rules: one that expires, is delivered a limited number of times or has
 * a priority. Queues without any have plain entries, which are smaller.
 */
import type { StoreRecord } from '../../store/port.ts';
import { DEATH_REASONS, type DeathReason } from '../dead-letter.ts';
import { type Message, QueueEntry } from '../message.ts';
import { ExpiringRecord, NEVER } from '../message-record.ts';
import type { Lane } from './lane.ts';

const RETURNS_RANGE = 2 ** 28;

export class RuledEntry extends QueueEntry {
  readonly lane: Lane;
  /** Epoch milliseconds from which it has expired; `NEVER` if it does not. */
  readonly expiresAtMs: number;
  /** How often it came back after a delivery. */
  returns = 0;
  /** Why it is dead, if it is and has found no other place (x-dead-letter-strategy). */
  death: DeathReason | null = null;

  constructor(message: Message, position: number, lane: Lane, expiresAtMs: number) {
    super(message, position);
    this.lane = lane;
    this.expiresAtMs = expiresAtMs;
  }

  /** What is noted with it in the store: `returns + 2^28 * (1 + place of death in the list)`. */
  get mark(): number {
    const code = this.death === null ? 0 : DEATH_REASONS.indexOf(this.death) + 1;
    return Math.min(this.returns, RETURNS_RANGE - 1) + code * RETURNS_RANGE;
  }

  set mark(value: number) {
    this.returns = value % RETURNS_RANGE;
    this.death = DEATH_REASONS[Math.floor(value / RETURNS_RANGE) - 1] ?? null;
  }

  override get record(): StoreRecord {
    if (this.expiresAtMs === NEVER) return this.message;
    return new ExpiringRecord(this.message, this.expiresAtMs);
  }
}

/** When an entry of any kind expires. */
export function expiryOf(entry: QueueEntry): number {
  return entry instanceof RuledEntry ? entry.expiresAtMs : NEVER;
}
