// A queue with rules as a reader of RabbitMQ’s documentation would write it down: lists and loops,
// no thought of speed. Times are epoch milliseconds.

import type { Message, QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { bodyOf } from '../support/broker-parts.ts';

export interface ModelSettings {
  readonly ttlMs: number | null;
  readonly maxLength: number | null;
  readonly maxBytes: number | null;
  readonly overflow: 'drop-head' | 'reject-publish' | 'reject-publish-dlx';
  readonly deliveryLimit: number | null;
}

interface ModelMessage {
  readonly id: string;
  readonly bytes: number;
  readonly priority: number;
  /** Place among those of its priority; a requeue keeps it. */
  readonly place: number;
  readonly expiresAt: number;
  redelivered: boolean;
  returns: number;
}

export type Settling = 'ack' | 'requeue' | 'reject';

/** Settles one of what was taken (`taken`, by id), in a queue and in its model. */
export function settleBoth(
  queue: Queue,
  model: ModelQueue,
  taken: Map<string, QueueEntry>,
  { act, pick }: { readonly act: Settling; readonly pick: number },
  now: number,
): void {
  const { out } = model;
  const id = out[pick % out.length];
  if (id === undefined) return;
  const entry = taken.get(id) as QueueEntry;
  taken.delete(id);
  if (act === 'ack') {
    queue.acknowledge(entry);
    model.acknowledge(id);
  } else if (act === 'reject') {
    queue.settle([entry], 'rejected');
    model.reject(id);
  } else {
    queue.settle([entry], 'requeued');
    model.requeue(id, now);
  }
}

/** The id of a message: its body, without what fills it up. */
export function idOf(message: Message): string {
  return bodyOf(message).toString().replace(/\.+$/, '');
}

export class ModelQueue {
  settings: ModelSettings;
  readonly #maxPriority: number;
  #ready: ModelMessage[] = [];
  /** By id, what was taken and not settled. */
  readonly #out = new Map<string, ModelMessage>();
  /** `id reason` of what was dead-lettered, in order. */
  readonly dead: string[] = [];
  #places = 0;

  constructor(maxPriority: number, settings: ModelSettings) {
    this.#maxPriority = maxPriority;
    this.settings = settings;
  }

  /** Ids of the ready ones, in the order in which they are served. */
  get ready(): string[] {
    return this.#ready.map(({ id, redelivered }) => (redelivered ? `${id} again` : id));
  }

  get out(): string[] {
    return [...this.#out.keys()];
  }

  publish(id: string, bytes: number, priority: number, expiration: number | null, now: number) {
    const { ttlMs, maxLength, maxBytes, overflow } = this.settings;
    if (overflow !== 'drop-head') {
      const isFull =
        (maxLength !== null && this.#ready.length + 1 > maxLength) ||
        (maxBytes !== null && this.#bytes + bytes > maxBytes);
      if (isFull) {
        if (overflow === 'reject-publish-dlx') this.dead.push(`${id} maxlen`);
        return 'rejected';
      }
    }
    this.tidy(now);
    const lifeMs = Math.min(
      ttlMs ?? Number.POSITIVE_INFINITY,
      expiration ?? Number.POSITIVE_INFINITY,
    );
    this.#ready.push({
      id,
      bytes,
      priority: Math.min(priority, this.#maxPriority),
      place: this.#places++,
      expiresAt: now + lifeMs,
      redelivered: false,
      returns: 0,
    });
    this.#sort();
    this.tidy(now);
    return 'confirmed';
  }

  take(now: number): string | null {
    this.tidy(now);
    const message = this.#ready.shift();
    if (message === undefined) return null;
    this.#out.set(message.id, message);
    this.tidy(now);
    return message.id;
  }

  acknowledge(id: string): void {
    this.#out.delete(id);
  }

  reject(id: string): void {
    this.#out.delete(id);
    this.dead.push(`${id} rejected`);
  }

  requeue(id: string, now: number): void {
    const message = this.#out.get(id) as ModelMessage;
    this.#out.delete(id);
    message.returns++;
    const { deliveryLimit } = this.settings;
    if (deliveryLimit !== null && message.returns > deliveryLimit) {
      this.dead.push(`${id} delivery_limit`);
      return;
    }
    message.redelivered = true;
    this.#ready.push(message);
    this.#sort();
    this.tidy(now);
  }

  /** What was taken is there again; that is not counted as a return. */
  restart(now: number): void {
    for (const message of this.#out.values()) {
      message.redelivered = true;
      this.#ready.push(message);
    }
    this.#out.clear();
    this.#sort();
    this.tidy(now);
  }

  purge(): void {
    this.#ready = [];
  }

  /** The head goes while it is too much, then while it has expired. */
  tidy(now: number): void {
    const { maxLength, maxBytes, overflow } = this.settings;
    const isTooLong = () =>
      (maxLength !== null && this.#ready.length > maxLength) ||
      (maxBytes !== null && this.#bytes > maxBytes);
    while (overflow === 'drop-head' && isTooLong()) this.#die('maxlen');
    while ((this.#ready[0]?.expiresAt ?? Number.POSITIVE_INFINITY) <= now) this.#die('expired');
  }

  get #bytes(): number {
    return this.#ready.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #die(reason: string): void {
    this.dead.push(`${this.#ready.shift()?.id} ${reason}`);
  }

  #sort(): void {
    this.#ready.sort((a, b) => b.priority - a.priority || a.place - b.place);
  }
}
