/**
 * Random bindings and keys of topic and headers exchanges: what nobody would think of writing down.
 * The seed makes them the same on both brokers. Reference: A6.1.
 */
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { Random } from '../../../test/fuzz/random.ts';
import { type Scenario, type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';

const ROUNDS = 10;
const BINDINGS = 100;
const MESSAGES = 100;
const QUEUES = 20;

interface Binding {
  readonly routingKey?: string;
  readonly arguments?: FieldTable;
}

interface Message {
  readonly routingKey?: string;
  readonly headers?: FieldTable;
}

/**
 * Binds queues at random, publishes, and notes for every message which queues got it, by taking
 * all that arrived.
 */
async function match(
  stage: Stage,
  type: string,
  bindings: readonly Binding[],
  messages: readonly Message[],
): Promise<void> {
  const speaker = await stage.channel();
  await speaker.ask(1, 'exchange.declare', { exchange: stage.x, type });
  const queues = Array.from({ length: QUEUES }, (_, index) => stage.name(`q${index}`));
  for (const queue of queues) await speaker.ask(1, 'queue.declare', { queue });
  for (const [index, binding] of bindings.entries()) {
    const queue = queues[index % QUEUES] as string;
    await speaker.ask(1, 'queue.bind', { queue, exchange: stage.x, ...binding });
  }
  for (const [index, { routingKey = '', headers }] of messages.entries()) {
    const properties = headers === undefined ? {} : { headers };
    await speaker.put({ exchange: stage.x, routingKey }, properties, String(index));
  }
  const got = messages.map((): number[] => []);
  for (const [index, queue] of queues.entries()) {
    for (const body of await takeAll(speaker, queue)) got[Number(body)]?.push(index);
  }
  for (const [index, { routingKey = '' }] of messages.entries()) {
    stage.note(`message ${index} '${routingKey}' to ${got[index]}`);
  }
}

async function takeAll(speaker: Speaker, queue: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const arrival = await speaker.ask(1, 'basic.get', { queue, noAck: true });
    if (arrival !== undefined) speaker.hidden.add(arrival);
    if (arrival?.method.name !== 'basic.get-ok') return bodies;
    bodies.push(arrival.content?.body.toString() ?? '');
  }
}

function list<T>(length: number, make: () => T): T[] {
  return Array.from({ length }, make);
}

const WORDS = ['a', 'b', 'c', 'aa', '', 'é'];

function topicKey(random: Random): string {
  return list(random.below(6), () => random.pick(WORDS)).join('.');
}

function topicPattern(random: Random): string {
  return list(random.below(6), () => random.pick([...WORDS, '*', '*', '#', '#'])).join('.');
}

const HEADER_KEYS = ['a', 'b', 'c', 'x-a', 'é'];

/** Values on which RabbitMQ 3.10 and 3.13 agree: no whole number meets an equal float. */
function headerValue(random: Random): FieldValue {
  return random.pick<FieldValue>([
    { type: 'S', value: '1' },
    { type: 'S', value: 'x' },
    { type: 'S', value: '' },
    { type: 'I', value: 1 },
    { type: 'l', value: 1 },
    { type: 'B', value: 2 },
    { type: 'd', value: 1.5 },
    { type: 't', value: true },
    { type: 't', value: false },
    { type: 'T', value: 1 },
    { type: 'V', value: null },
    { type: 'A', value: [{ type: 'I', value: 1 }] },
    { type: 'F', value: new Map([['n', { type: 'I', value: 1 }]]) },
    { type: 'x', value: Buffer.from('x') },
  ]);
}

function headerTable(random: Random, mostKeys: number): Map<string, FieldValue> {
  const table = new Map<string, FieldValue>();
  for (let n = random.below(mostKeys + 1); n > 0; n--) {
    table.set(random.pick(HEADER_KEYS), headerValue(random));
  }
  return table;
}

function headerBinding(random: Random): FieldTable {
  const table = headerTable(random, 3);
  const how = random.pick(['all', 'any', 'all-with-x', 'any-with-x', undefined]);
  if (how !== undefined) table.set('x-match', { type: 'S', value: how });
  return table;
}

function topics(seed: number, round: number): Scenario {
  const random = Random.forInput(seed, round);
  const name = `topic, ${BINDINGS} bindings, ${MESSAGES} keys, seed ${seed}, round ${round}`;
  const bindings = list(BINDINGS, () => ({ routingKey: topicPattern(random) }));
  const messages = list(MESSAGES, () => ({ routingKey: topicKey(random) }));
  return scenario('A6.1', name, (stage) => match(stage, 'topic', bindings, messages));
}

function headers(seed: number, round: number): Scenario {
  const random = Random.forInput(seed, 1_000 + round);
  const name = `headers, ${BINDINGS} bindings, ${MESSAGES} messages, seed ${seed}, round ${round}`;
  const bindings = list(BINDINGS, () => ({ arguments: headerBinding(random) }));
  const messages = list(MESSAGES, () => ({ headers: headerTable(random, 4) }));
  return scenario('A6.1', name, (stage) => match(stage, 'headers', bindings, messages));
}

/** The random routings of a seed. */
export function randomRouting(seed: number): Subject {
  const rounds = Array.from({ length: ROUNDS }, (_, index) => index);
  return {
    subject: 'random routing',
    scenarios: [
      ...rounds.map((round) => topics(seed, round)),
      ...rounds.map((round) => headers(seed, round)),
    ],
  };
}
