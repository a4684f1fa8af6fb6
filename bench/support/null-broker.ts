/**
 * A broker that does nothing, to find the generator's own ceiling (`npm run bench -- --ceiling`).
 *
 * With a folder as its second argument it writes all that it gets, once, and confirms it then
 * (null-journal.ts).
 *
 * Speaks just enough AMQP for the shapes marked `ceiling`: it answers every call with a canned
 * reply, counts publishes, and sends as many preassembled delivers to the consumers of the queue.
 * It keeps no message, ignores acks and prefetch, and confirms a whole chunk with one ack. A
 * reader that does not keep up holds back the publishers, nothing more.
 * Never a reference for what a broker should do.
 */
import { createServer, type Socket } from 'node:net';
import { ackFrame, deliverFrames, FRAME_MAX_BYTES, METHOD, methodFrame, Writer } from './frames.ts';
import { NullJournal } from './null-journal.ts';
import { Receiver } from './receiver.ts';

const BLOCK_BYTES = 65536;
const READ_BYTES = 262144;
const PROTOCOL_HEADER_BYTES = 8;
const HEADER_TYPE = 2;
const METHOD_TYPE = 1;
const MAX_UNSENT_BYTES = 1 << 20;

interface NullQueue {
  readonly name: string;
  ready: number;
  bodyBytes: number;
  consumer: { socket: Socket; channel: number; tag: string } | undefined;
  block: Buffer | undefined;
  perBlock: number;
}

const folder = process.argv[3];
const journal = folder === undefined ? null : new NullJournal(folder);
const queues = new Map<string, NullQueue>();
const fanouts = new Map<string, NullQueue[]>();
/** Sockets that wait until consumers have caught up. */
const held = new Set<Socket>();

function queueNamed(name: string): NullQueue {
  let queue = queues.get(name);
  if (queue === undefined) {
    queue = { name, ready: 0, bodyBytes: 0, consumer: undefined, block: undefined, perBlock: 0 };
    queues.set(name, queue);
  }
  return queue;
}

function shortStringAt(payload: Buffer, at: number): string {
  return payload.toString('utf8', at + 1, at + 1 + (payload[at] as number));
}

/** Sends what is ready; what does not fit now goes when the socket has drained. */
function deliver(queue: NullQueue): void {
  const { consumer } = queue;
  if (consumer === undefined || queue.ready === 0) return;
  queue.block ??= deliverBlock(queue, consumer);
  const { block } = queue;
  while (queue.ready > 0 && consumer.socket.writableLength < MAX_UNSENT_BYTES) {
    const count = Math.min(queue.ready, queue.perBlock);
    const bytes =
      count === queue.perBlock ? block : block.subarray(0, (block.length / queue.perBlock) * count);
    consumer.socket.write(bytes);
    queue.ready -= count;
  }
}

function deliverBlock(queue: NullQueue, consumer: { channel: number; tag: string }): Buffer {
  const message = deliverFrames({
    channel: consumer.channel,
    consumerTag: consumer.tag,
    deliveryTag: 1,
    exchange: '',
    routingKey: queue.name,
    body: Buffer.alloc(queue.bodyBytes, 'x'),
  });
  queue.perBlock = Math.max(1, Math.floor(BLOCK_BYTES / message.length));
  return Buffer.concat(Array.from({ length: queue.perBlock }, () => message));
}

class NullSession {
  private readonly socket: Socket;
  private readonly receiver: Receiver;
  private targets: NullQueue[] | undefined;
  private handled = 0;
  private confirming = false;
  private headerLeft = PROTOCOL_HEADER_BYTES;

  constructor(socket: Socket) {
    this.socket = socket;
    this.receiver = new Receiver(
      {
        contentFrame: (type, bytes, start) => this.content(type, bytes, start),
        method: (channel, method, payload) => this.method(channel, method, payload),
      },
      METHOD.basicPublish,
    );
    socket.on('data', (chunk: Buffer) => this.data(chunk));
    socket.on('drain', () => this.drained());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      held.delete(socket);
      for (const queue of queues.values()) {
        if (queue.consumer?.socket === socket) queue.consumer = undefined;
      }
    });
  }

  private data(chunk: Buffer): void {
    const skip = Math.min(this.headerLeft, chunk.length);
    if (skip > 0) {
      this.headerLeft -= skip;
      if (this.headerLeft === 0) this.reply(0, METHOD.connectionStart, startFields);
    }
    const rest = skip === 0 ? chunk : chunk.subarray(skip);
    this.receiver.push(rest, rest.length);
    this.takePublishes(rest);
  }

  /** Hands on what was published since the last time. */
  private takePublishes(octets?: Buffer): void {
    const count = this.receiver.contents - this.handled;
    if (this.confirming && journal !== null) {
      if (octets !== undefined) this.confirmWritten(octets, this.receiver.contents);
      return;
    }
    if (count === 0) return;
    this.handled = this.receiver.contents;
    if (this.confirming) this.socket.write(ackFrame(1, this.handled, true));
    for (const queue of this.targets ?? []) {
      queue.ready += count;
      deliver(queue);
    }
    this.holdIfBehind();
  }

  /** A part of a message is written when it comes; the message is confirmed with its last one. */
  private confirmWritten(octets: Buffer, contents: number): void {
    journal?.write(octets, () => {
      if (contents === this.handled) return;
      this.handled = contents;
      this.socket.write(ackFrame(1, contents, true));
    });
  }

  private holdIfBehind(): void {
    const behind = this.targets?.some((queue) => queue.consumer !== undefined && queue.ready > 0);
    if (behind !== true) return;
    held.add(this.socket);
    this.socket.pause();
  }

  private drained(): void {
    for (const queue of queues.values()) if (queue.consumer?.socket === this.socket) deliver(queue);
    for (const queue of queues.values())
      if (queue.consumer !== undefined && queue.ready > 0) return;
    for (const socket of held) socket.resume();
    held.clear();
  }

  /** All publishes of a connection go where its first one goes. */
  private content(type: number, bytes: Buffer, start: number): void {
    if (this.targets === undefined && type === METHOD_TYPE) {
      const exchange = shortStringAt(bytes, start + 6);
      const routingKey = shortStringAt(bytes, start + 7 + exchange.length);
      this.targets = exchange === '' ? [queueNamed(routingKey)] : (fanouts.get(exchange) ?? []);
    } else if (type === HEADER_TYPE) {
      for (const queue of this.targets ?? []) queue.bodyBytes = bytes.readUInt32BE(start + 8);
    }
  }

  private method(channel: number, method: number, payload: Buffer): void {
    this.takePublishes();
    const name = payload.length > 7 ? shortStringAt(payload, 6) : '';
    switch (method) {
      case METHOD.connectionStartOk:
        this.reply(0, METHOD.connectionTune, (to) => to.short(2047).long(FRAME_MAX_BYTES).short(0));
        return;
      case METHOD.connectionOpen:
        this.reply(0, METHOD.connectionOpenOk, (to) => to.shortString(''));
        return;
      case METHOD.channelOpen:
        this.reply(channel, METHOD.channelOpenOk, (to) => to.long(0));
        return;
      case METHOD.queueDeclare:
        this.reply(channel, METHOD.queueDeclareOk, (to) =>
          to.shortString(name).long(queueNamed(name).ready).long(0),
        );
        return;
      case METHOD.queueBind: {
        const exchange = shortStringAt(payload, 7 + name.length);
        fanouts.set(exchange, [...(fanouts.get(exchange) ?? []), queueNamed(name)]);
        this.reply(channel, METHOD.queueBindOk);
        return;
      }
      case METHOD.queuePurge:
      case METHOD.queueDelete:
        if (method === METHOD.queueDelete) queues.delete(name);
        else queueNamed(name).ready = 0;
        this.reply(channel, method + 1, (to) => to.long(0));
        return;
      case METHOD.basicConsume: {
        const tag = shortStringAt(payload, 7 + name.length);
        const queue = queueNamed(name);
        queue.consumer = { socket: this.socket, channel, tag };
        this.reply(channel, METHOD.basicConsumeOk, (to) => to.shortString(tag));
        deliver(queue);
        return;
      }
      case METHOD.confirmSelect:
        this.confirming = true;
        break;
      default:
        break;
    }
    if (REPLIED_WITHOUT_FIELDS.has(method)) this.reply(channel, method + 1);
  }

  private reply(channel: number, method: number, fields?: (to: Writer) => Writer): void {
    this.socket.write(methodFrame(channel, method, fields));
  }
}

const REPLIED_WITHOUT_FIELDS: ReadonlySet<number> = new Set([
  METHOD.connectionClose,
  METHOD.exchangeDeclare,
  METHOD.exchangeDelete,
  METHOD.basicQos,
  METHOD.confirmSelect,
]);

function startFields(to: Writer): Writer {
  const table = new Writer()
    .shortString('product')
    .octet(0x53)
    .longString('null broker')
    .shortString('version')
    .octet(0x53)
    .longString('-')
    .finish();
  return to.octet(0).octet(9).long(table.length).raw(table).longString('PLAIN').longString('en_US');
}

const server = createServer({ noDelay: true, highWaterMark: READ_BYTES }, (socket) => {
  new NullSession(socket);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write('Server startup complete\n');
});
process.on('SIGTERM', () => process.exit(0));
