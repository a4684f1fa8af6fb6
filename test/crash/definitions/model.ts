/**
 * What one client has defined: queues, exchanges and bindings, each there, gone, or, when the
 * broker was killed before it answered, unclear.
 *
 * Responsible for the model and for what follows from a declare or a delete. Not responsible for
 * doing (definer.ts) or checking anything (checks.ts).
 */

export type Certainty = 'there' | 'gone' | 'unclear';

export type ExchangeType = 'direct' | 'fanout' | 'topic' | 'headers';

export interface OwnQueue {
  readonly kind: 'queue';
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  state: Certainty;
  /** Persistent messages in it that are confirmed, and that may be there. */
  least: number;
  most: number;
}

export interface OwnExchange {
  readonly kind: 'exchange';
  readonly name: string;
  readonly type: ExchangeType;
  state: Certainty;
}

export type Thing = OwnQueue | OwnExchange;

/** There is at most one binding from an exchange to a queue or another exchange. */
export interface Binding {
  readonly source: OwnExchange;
  readonly destination: Thing;
  state: Certainty;
}

const QUEUE_COUNT = 6;
const TYPES: readonly ExchangeType[] = ['direct', 'fanout', 'topic', 'headers'];

export class Model {
  readonly queues: readonly OwnQueue[];
  readonly exchanges: readonly OwnExchange[];
  readonly bindings: readonly Binding[];

  constructor(prefix: string) {
    this.queues = Array.from({ length: QUEUE_COUNT }, (_, index) => ({
      kind: 'queue',
      name: `${prefix}.queue${index}`,
      arguments: index % 2 === 0 ? {} : { 'x-expires': 3_600_000, note: [index, 'kept'] },
      state: 'gone',
      least: 0,
      most: 0,
    }));
    this.exchanges = TYPES.map((type) => ({
      kind: 'exchange',
      name: `${prefix}.${type}`,
      type,
      state: 'gone',
    }));
    const fanout = this.exchanges.find(({ type }) => type === 'fanout') as OwnExchange;
    this.bindings = this.exchanges.flatMap((source) => {
      const destinations: readonly Thing[] =
        source.type === 'direct' ? [...this.queues, fanout] : this.queues;
      return destinations.map((destination) => ({ source, destination, state: 'gone' }));
    });
  }

  get things(): readonly Thing[] {
    return [...this.queues, ...this.exchanges];
  }

  bindingsOf(thing: Thing): readonly Binding[] {
    return this.bindings.filter(
      ({ source, destination }) => source === thing || destination === thing,
    );
  }

  /** It is not there any more, and with it went its messages and bindings. */
  deleted(thing: Thing): void {
    thing.state = 'gone';
    if (thing.kind === 'queue') {
      thing.least = 0;
      thing.most = 0;
    }
    for (const binding of this.bindingsOf(thing)) binding.state = 'gone';
  }

  /** Queues that a message with the key of `destination` reaches from `source`. */
  reached(source: OwnExchange, destination: Thing): Set<OwnQueue> {
    const found = new Set<OwnQueue>();
    for (const binding of this.bindings) {
      if (binding.source !== source || binding.state !== 'there') continue;
      if (source.type !== 'fanout' && binding.destination !== destination) continue;
      const { destination: to } = binding;
      if (to.kind === 'queue') found.add(to);
      else for (const each of this.reached(to, destination)) found.add(each);
    }
    return found;
  }
}

/** How a binding is made, and how a message is published that fits it. */
export function keysOf(source: OwnExchange, destination: Thing) {
  const key = destination.name;
  if (source.type === 'topic') {
    return { pattern: `${key}.#`, arguments: {}, key: `${key}.a.b`, headers: {} };
  }
  if (source.type === 'headers') {
    const to = { to: key };
    return { pattern: '', arguments: { ...to, 'x-match': 'all' }, key: '', headers: to };
  }
  return { pattern: key, arguments: {}, key, headers: {} };
}
