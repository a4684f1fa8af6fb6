/**
 * A message in a queue with rules: one that expires, is delivered a limited number of times or has
 * a priority. Queues without any have plain entries, which are smaller.
 */
import type { StoreRecord } from '../../store/port.ts';
import { type Message, QueueEntry } from '../message.ts';
import { ExpiringRecord, NEVER } from '../message-record.ts';
import type { Lane } from './lane.ts';

export class RuledEntry extends QueueEntry {
  readonly lane: Lane;
  /** Epoch milliseconds from which it has expired; `NEVER` if it does not. */
  readonly expiresAtMs: number;
  /** How often it came back after a delivery. */
  returns = 0;

  constructor(message: Message, position: number, lane: Lane, expiresAtMs: number) {
    super(message, position);
    this.lane = lane;
    this.expiresAtMs = expiresAtMs;
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
