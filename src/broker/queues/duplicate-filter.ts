/**
 * x-message-deduplication of a queue: a message whose x-deduplication-header has the value of one
 * that is in the queue, ready or delivered, does not come in (A6.9,
 * https://github.com/noxdafox/rabbitmq-message-deduplication).
 */
import { canonicalValue } from '../binding.ts';
import { DEDUPLICATION_HEADER } from '../exchanges/deduplication.ts';
import type { Message } from '../message.ts';
import { headersIn } from '../message-properties.ts';

export class DuplicateFilter {
  readonly #inside = new Set<string>();

  /** Whether it may come in; from then on it is inside. */
  admit(message: Message): boolean {
    const key = keyOf(message);
    if (key === null) return true;
    if (this.#inside.has(key)) return false;
    this.#inside.add(key);
    return true;
  }

  /** A message has left the queue. */
  gone(message: Message): void {
    const key = keyOf(message);
    if (key !== null) this.#inside.delete(key);
  }
}

function keyOf(message: Message): string | null {
  const value = headersIn(message)?.get(DEDUPLICATION_HEADER);
  return value === undefined ? null : canonicalValue(value);
}
