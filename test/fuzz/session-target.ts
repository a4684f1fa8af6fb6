// A whole broker as a fuzz target: each input is what a client says on a connection of its own.
// Half of the inputs are taken as they are; from the rest only a seed is taken, for a conversation
// that gets further (session-script.ts). A connection may go on, be closed with a reply of the
// protocol's list, or be dropped; a defect in the log, an uncaught exception, a reply that is no
// frame, octets that stay counted and connections that stay are findings. A bystander on a
// connection of its own must never notice.
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { REPLY_CODES, type ReplyName } from '../../protocol/constants.ts';
import { FrameParser, type FrameSink } from '../../protocol/frame-parser.ts';
import { methodIdAt } from '../../protocol/hot.ts';
import { decodeMethod, encodeMethod } from '../../protocol/methods.ts';
import { type Broker, type Log, startBroker } from '../../src/index.ts';
import { fillIn } from '../support/describe-method.ts';
import { Peer } from '../support/peer.ts';
import { openPipe } from '../support/target.ts';
import { Random } from './random.ts';
import { makeScript } from './session-script.ts';
import type { FuzzTarget, Outcome } from './target.ts';

/** Inputs after which the broker must be empty again. */
const BATCH_INPUTS = 100;
/** So low that some inputs of a batch meet the memory alarm, as does the rest of that batch. */
const TIGHT_BYTES = 200_000;
/** Turns of the loop that a connection gets to end after its client has. */
const MOST_TURNS = 20;
const REPLIES = new Map<number, ReplyName>(
  (Object.keys(REPLY_CODES) as ReplyName[]).map((name) => [REPLY_CODES[name].code, name]),
);

const CLOSES = new Map<number, Close['name']>([
  [0x000a0032, 'connection.close'],
  [0x00140028, 'channel.close'],
]);

/**
 * return, deliver and get-ok give back a publisher's routing key, which need not be UTF-8 either.
 */
const ECHOES = new Set([0x003c0032, 0x003c003c, 0x003c0047]);

/** A close as it came. Its text may hold octets of the client's, which need not be UTF-8. */
interface Close {
  readonly name: 'connection.close' | 'channel.close';
  readonly replyCode: number;
  readonly replyText: string;
}

/** What went wrong outside any call: exceptions, and defects that the broker has logged. */
const faults: Error[] = [];

function onFault(fault: unknown): void {
  faults.push(fault instanceof Error ? fault : new Error(String(fault)));
}

const ignore = (): void => undefined;
const log: Log = {
  debugEnabled: false,
  debug: ignore,
  info: ignore,
  warning: ignore,
  error: (message) => {
    // Only a defect is logged with its stack.
    if (message.includes('\n    at ')) faults.push(new Error(`a defect: ${message}`));
  },
};

/** The broker's end of a connection; the client's is what is pushed into it. */
class Conversation extends Duplex implements FrameSink {
  readonly closes: Close[] = [];
  readonly #answers: boolean;
  readonly #parser = new FrameParser(this, 0);
  #isFirst = true;
  #bodyLeft = 0;

  /** `answers`: whether closes get their close-ok. */
  constructor(answers: boolean) {
    super({ allowHalfOpen: false });
    this.#answers = answers;
  }

  override _read(): void {
    // All there is has been pushed.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      // A protocol header is the answer to a wrong one.
      const isHeader = this.#isFirst && chunk.toString('latin1', 0, 4) === 'AMQP';
      this.#isFirst = false;
      if (!isHeader) this.#parser.push(chunk);
    } catch (error) {
      onFault(error);
    }
    done();
  }

  method(channel: number, bytes: Buffer, start: number, end: number): void {
    if (this.#bodyLeft !== 0) throw new Error('a method in the middle of a content');
    const id = methodIdAt(bytes, start);
    const name = CLOSES.get(id);
    if (name === undefined) {
      if (!ECHOES.has(id)) decodeMethod(bytes, start, end);
      return;
    }
    const textAt = start + 7;
    const replyText = bytes.toString('latin1', textAt, textAt + bytes.readUInt8(textAt - 1));
    this.closes.push({ name, replyCode: bytes.readUInt16BE(start + 4), replyText });
    if (this.#answers && !this.readableEnded) {
      const answer = `${name}-ok` as const;
      setImmediate(() => {
        if (!this.destroyed && !this.readableEnded && !this.#isEnded) {
          this.push(encodeMethod(channel, fillIn(answer, {})));
        }
      });
    }
  }

  header(_channel: number, bytes: Buffer, start: number): void {
    this.#bodyLeft = Number(bytes.readBigUInt64BE(start + 4));
  }

  bodyPart(_channel: number, _bytes: Buffer, start: number, end: number): void {
    this.#bodyLeft -= end - start;
    if (this.#bodyLeft < 0) throw new Error('more body than was announced');
  }

  heartbeat(): void {
    // Nothing to do.
  }

  #isEnded = false;

  endClient(): void {
    this.#isEnded = true;
    this.push(null);
  }
}

const LIVES = [
  ['connection.created', 'connection.closed'],
  ['channel.created', 'channel.closed'],
  ['consumer.created', 'consumer.deleted'],
  ['queue.created', 'queue.deleted'],
  ['exchange.created', 'exchange.deleted'],
] as const;

/** One broker, with what a batch of inputs begins with. */
class Arena {
  readonly #broker: Broker;
  /** How many of each are there, by the broker's own events. */
  readonly #alive = new Map<string, number>(LIVES.map(([birth]) => [birth, 0]));
  #bystander: Peer | null = null;
  #fed = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
    for (const [birth, death] of LIVES) {
      broker.on(birth, () => this.#count(birth, 1));
      broker.on(death, () => this.#count(birth, -1));
    }
  }

  async feed(chunks: readonly Buffer[], answers: boolean): Promise<readonly Close[]> {
    this.#bystander ??= await this.#begin();
    const conversation = new Conversation(answers);
    this.#broker.accept(conversation);
    for (const chunk of chunks) conversation.push(chunk);
    await turn();
    await turn();
    if (answers && conversation.closes.length !== 0) await turn();
    conversation.endClient();
    await gone(conversation);
    if (++this.#fed % BATCH_INPUTS === 0) await this.#end();
    return conversation.closes;
  }

  async stop(): Promise<void> {
    this.#bystander?.drop();
    await this.#broker.stop();
  }

  async #begin(): Promise<Peer> {
    const peer = await Peer.connect(openPipe(this.#broker));
    await peer.open(1, 2);
    for (const queue of ['q', 'name']) await peer.call(1, 'queue.declare', { queue });
    await peer.call(1, 'exchange.declare', { exchange: 'name', type: 'topic' });
    await peer.call(2, 'queue.declare', { queue: 'bystander', exclusive: true });
    await peer.call(2, 'basic.consume', { queue: 'bystander', consumerTag: 'c' });
    return peer;
  }

  /** The bystander has lost nothing, and after it nothing is left. */
  async #end(): Promise<void> {
    const peer = this.#bystander as Peer;
    this.#bystander = null;
    peer.publish(2, { routingKey: 'bystander' }, {}, 'still here');
    const { text, deliveryTag } = await peer.nextDelivery(2);
    if (text !== 'still here') throw new Error(`the bystander got '${text}'`);
    peer.send(2, 'basic.ack', { deliveryTag });
    const reset = this.#broker.reset();
    await peer.expect(0, 'connection.close');
    peer.send(0, 'connection.close-ok');
    await reset;
    peer.drop();
    const { memoryUsedBytes } = this.#broker;
    if (memoryUsedBytes !== 0) throw new Error(`${memoryUsedBytes} octets are still counted`);
    for (const [birth, count] of this.#alive) {
      if (count !== 0) throw new Error(`${count} of ${birth} are left`);
    }
  }

  #count(birth: string, change: number): void {
    this.#alive.set(birth, (this.#alive.get(birth) ?? 0) + change);
  }
}

/** Waits for the end; a connection that is not read any more is dropped by its client. */
async function gone(conversation: Conversation): Promise<void> {
  for (let turns = 0; !conversation.closed; turns++) {
    if (turns === 3) conversation.destroy();
    if (turns === MOST_TURNS) throw new Error('the connection does not end');
    await turn();
  }
}

function check(closes: readonly Close[]): Outcome {
  for (const { name, replyCode, replyText } of closes) {
    const reply = REPLIES.get(replyCode);
    if (reply === undefined) throw new Error(`reply code ${replyCode} (${replyText})`);
    const isHard = name === 'connection.close';
    const soft = reply === 'ACCESS_REFUSED' && isHard;
    if (REPLY_CODES[reply].hard !== isHard && !soft) throw new Error(`${name} with ${reply}`);
    if (!replyText.startsWith(reply)) throw new Error(`${reply} says '${replyText}'`);
  }
  const last = closes.at(-1);
  if (last === undefined) return { kind: 'accepted' };
  const reply = REPLIES.get(last.replyCode) as ReplyName;
  return { kind: 'refused', reply, message: last.replyText };
}

/** FNV-1a over all octets. */
function seedOf(input: readonly Buffer[]): number {
  let hash = 0x811c9dc5;
  for (const chunk of input) {
    for (const octet of chunk) hash = Math.imul(hash ^ octet, 0x01000193);
  }
  return hash >>> 0;
}

let arenas: Promise<readonly Arena[]> | undefined;

async function open(): Promise<readonly Arena[]> {
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  const options = { port: 0, host: '127.0.0.1' };
  return [
    new Arena(await startBroker(options, { log })),
    new Arena(await startBroker({ ...options, memoryLimitBytes: TIGHT_BYTES }, { log })),
  ];
}

async function feed(input: readonly Buffer[]): Promise<Outcome> {
  arenas ??= open();
  const random = new Random(seedOf(input));
  const chunks = random.oneIn(2) ? input : makeScript(random);
  const [ample, tight] = (await arenas) as [Arena, Arena];
  try {
    const closes = await (random.oneIn(8) ? tight : ample).feed(chunks, random.oneIn(2));
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    return check(closes);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    if (chunks === input) throw error;
    const fed = chunks.map((chunk) => chunk.toString('hex')).join('\n  ');
    throw new Error(`${what}\nin its place was fed:\n  ${fed}`, { cause: error });
  }
}

export const sessionTarget: FuzzTarget = {
  name: 'session',
  expected: new Set(Object.keys(REPLY_CODES) as ReplyName[]),
  feed,
  async close(): Promise<void> {
    for (const arena of (await arenas) ?? []) await arena.stop();
    arenas = undefined;
    process.off('uncaughtException', onFault);
    process.off('unhandledRejection', onFault);
  },
};
