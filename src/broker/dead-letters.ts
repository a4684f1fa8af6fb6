/**
 * Dead letters on their way from a queue to where its dead-letter exchange leads (A.8,
 * https://www.rabbitmq.com/docs/dlx).
 *
 * Responsible for the way and for nothing being lost on it: what a dead letter is added to and what
 * it leaves is written down together. One that dies again on arrival waits for its turn, so that a
 * chain of queues is no recursion. Not responsible for why a message dies (queues/rules.ts) or for
 * what is written on it (dead-letter.ts).
 */
import type { FieldTable } from '../../protocol/table.ts';
import type { Clock } from '../lib/clock.ts';
import { Ring } from '../lib/ring.ts';
import type { Store } from '../store/port.ts';
import { type DeathReason, deadLetterOf, deathPlaces, isCycle } from './dead-letter.ts';
import type { Message } from './message.ts';
import type { QueueSettings } from './queue-settings.ts';
import type { Destination } from './routes.ts';

/** Between two tries of letters that no queue took. */
const RETRY_MS = 1_000;
const NOBODY: ReadonlySet<string> = new Set();
/** Circles that are known to have been told; all are forgotten when one more comes. */
const MAX_TOLD_CYCLES = 1_000;

/** A message that has to leave its queue. */
export interface DeadMessage {
  /** Name of the queue that it leaves. */
  readonly queue: string;
  readonly message: Message;
  readonly reason: DeathReason;
  /** Those of the queue: `deadLetterExchange` is set. */
  readonly settings: QueueSettings;
  /** The queue lets go of it. */
  done(): void;
  /** Instead: not all queues that should have it took it, or there was none. It is tried again. */
  readonly hold?: ((delivered: ReadonlySet<string>) => void) | undefined;
  /** Names of the queues that have it already. */
  readonly delivered?: ReadonlySet<string> | undefined;
}

export interface DeadLettersParts {
  readonly clock: Clock;
  readonly store: Store;
  /** Whether deaths that a client wrote on a message count, too. */
  readonly trustsClients: boolean;
  /** A letter is dropped: it would come to the first of these again, from the one behind it. */
  onCycle(queues: readonly string[]): void;
  hasExchange(name: string): boolean;
  resolve(
    exchange: string,
    routingKeys: readonly string[],
    headers: FieldTable | undefined,
    message: Message,
  ): readonly Destination[];
}

export class DeadLetters {
  readonly #parts: DeadLettersParts;
  readonly #waiting = new Ring<DeadMessage>();
  readonly #retries = new Set<() => void>();
  readonly #toldCycles = new Set<string>();
  #isSending = false;
  #isTimed = false;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /** Sends a message on, at once or behind those that are being sent. */
  send(dead: DeadMessage): void {
    this.#waiting.push(dead);
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#send(next);
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** Calls `retry` now and then, until it is taken off. */
  addRetry(retry: () => void): void {
    this.#retries.add(retry);
    this.#startTimer();
  }

  removeRetry(retry: () => void): void {
    this.#retries.delete(retry);
  }

  /** What `work` moves from one place to another is kept together, or not at all. */
  together(work: () => void): void {
    this.#parts.store.group(work);
  }

  #send(dead: DeadMessage): void {
    const { deadLetterExchange: exchange, deadLetterRoutingKey: routingKey } = dead.settings;
    if (exchange === null || !this.#parts.hasExchange(exchange)) {
      if (dead.hold === undefined) dead.done();
      else dead.hold(dead.delivered ?? NOBODY);
      return;
    }
    const { queue, reason } = dead;
    const { clock, trustsClients } = this.#parts;
    const death = { queue, reason, timeMs: clock.now(), exchange, routingKey, trustsClients };
    const { message, routingKeys, headers } = deadLetterOf(dead.message, death);
    const found = this.#parts.resolve(exchange, routingKeys, headers, message);
    const destinations =
      reason === 'rejected'
        ? found
        : found.filter((each) => each.isAside || !this.#isCycle(headers, each.name));
    this.together(() => {
      if (dead.hold !== undefined) deliverToAll(message, destinations, dead, dead.hold);
      else {
        for (const destination of destinations) destination.publish(message, null);
        dead.done();
      }
    });
  }

  #isCycle(headers: FieldTable, queue: string): boolean {
    if (!isCycle(headers, queue)) return false;
    const queues = [queue, ...deathPlaces(headers)];
    const key = JSON.stringify(queues);
    if (this.#toldCycles.has(key)) return true;
    if (this.#toldCycles.size >= MAX_TOLD_CYCLES) this.#toldCycles.clear();
    this.#toldCycles.add(key);
    this.#parts.onCycle(queues);
    return true;
  }

  #startTimer(): void {
    if (this.#isTimed || this.#retries.size === 0) return;
    this.#isTimed = true;
    this.#parts.clock.setTimeout(() => {
      this.#isTimed = false;
      for (const retry of [...this.#retries]) retry();
      this.#startTimer();
    }, RETRY_MS);
  }
}

/**
 * At least once: the queue lets go of a letter only if all took it. What is added is written down
 * together with that, so there is nothing to wait for: a refusal comes at once.
 */
function deliverToAll(
  message: Message,
  destinations: readonly Destination[],
  dead: DeadMessage,
  hold: (delivered: ReadonlySet<string>) => void,
): void {
  const delivered = new Set(dead.delivered);
  let refusals = 0;
  for (const destination of destinations) {
    if (delivered.has(destination.name)) continue;
    let isRefused = false;
    destination.publish(message, {
      settle(outcome) {
        isRefused = outcome === 'rejected';
      },
    });
    if (isRefused) refusals++;
    else delivered.add(destination.name);
  }
  if (delivered.size === 0 || refusals !== 0) hold(delivered);
  else dead.done();
}
