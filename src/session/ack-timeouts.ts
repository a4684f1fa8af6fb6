/**
 * Deliveries that are not acknowledged in time (A9.4,
 * https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout).
 *
 * Responsible for noticing them, a look at all channels at a time: each look notes the last
 * delivery tag, so that a delivery is at least as old as the first look that knew its tag. So a
 * delivery costs nothing, and its timeout is noticed up to `LOOK_MS` late. Not responsible for what
 * follows (channel.ts).
 */
import type { CancelTimer, Clock } from '../lib/clock.ts';
import type { Channel } from './channel.ts';
import type { Unacked } from './unacked.ts';

/** RabbitMQ looks once a minute. */
const LOOK_MS = 60_000;
/** Looks in the time of the timeout, for short ones. */
const LOOKS_PER_TIMEOUT = 4;
/** Deliveries of a channel that are looked at, the oldest. */
const MOST_LOOKED_AT = 1_000;

export interface AckTimeoutsParts {
  readonly clock: Clock;
  /** For deliveries that nobody says otherwise for; null for none. */
  readonly timeoutMs: number | null;
  /** Whether only those of quorum queues count. */
  readonly quorumOnly: boolean;
  channels(): Iterable<Channel>;
  expired(channel: Channel, delivery: Unacked, timeoutMs: number): void;
}

/** What a look at a channel found. */
interface Look {
  readonly atMs: number;
  /** The last delivery tag then. */
  readonly tag: number;
}

export class AckTimeouts {
  readonly #parts: AckTimeoutsParts;
  readonly #looks = new WeakMap<Channel, Look[]>();
  #cancel: CancelTimer | null = null;

  constructor(parts: AckTimeoutsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.stop();
    const { clock, timeoutMs } = this.#parts;
    const delayMs = Math.min(LOOK_MS, (timeoutMs ?? LOOK_MS) / LOOKS_PER_TIMEOUT);
    const look = () => {
      for (const channel of this.#parts.channels()) this.#look(channel);
      this.#cancel = clock.setTimeout(look, delayMs);
    };
    this.#cancel = clock.setTimeout(look, delayMs);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(channel: Channel): void {
    if (channel.unacked.size === 0) {
      this.#looks.delete(channel);
      return;
    }
    const nowMs = this.#parts.clock.now();
    const looks = this.#looks.get(channel) ?? [];
    this.#looks.set(channel, looks);
    let left = MOST_LOOKED_AT;
    let isOldest = true;
    for (const delivery of channel.unacked) {
      if (left-- === 0) break;
      const first = looks.findIndex(({ tag }) => tag >= delivery.tag);
      if (first === -1) break;
      // What is older than the oldest delivery is of no use any more.
      if (isOldest) looks.splice(0, first);
      const knownFor = nowMs - (looks[isOldest ? 0 : first] as Look).atMs;
      isOldest = false;
      const timeoutMs = this.#timeoutOf(delivery);
      if (timeoutMs === null || knownFor < timeoutMs) continue;
      this.#parts.expired(channel, delivery, timeoutMs);
      return;
    }
    looks.push({ atMs: nowMs, tag: channel.lastDeliveryTag });
  }

  #timeoutOf({ queue, consumer }: Unacked): number | null {
    const { quorumOnly, timeoutMs } = this.#parts;
    if (quorumOnly && queue.type !== 'quorum') return null;
    const asked = quorumOnly ? consumer?.arguments.get('x-consumer-timeout')?.value : undefined;
    if (typeof asked === 'number') return asked;
    return queue.settings.consumerTimeoutMs ?? timeoutMs;
  }
}
