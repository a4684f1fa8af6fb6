// A channel over a broker core, on a connection that is only as much of one as a channel needs: no
// handshake, no socket, no frames in. What the channel writes is read back as methods and contents.
import { decodeMethod } from '../../../protocol/methods.ts';
import type { Method } from '../../../protocol/spec.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { Channel } from '../../../src/session/channel.ts';
import type { Connection } from '../../../src/session/connection.ts';
import { ChannelConsumer, type ConsumerProperties } from '../../../src/session/consumer.ts';
import { Output, SlabPool } from '../../../src/session/output.ts';
import { BrokerParts, queueOf } from './broker-parts.ts';
import { FakeTransport } from './fake-transport.ts';
import { framesOf } from './frames.ts';

const METHOD_FRAME = 1;
const BODY_FRAME = 3;

export class ChannelParts extends BrokerParts {
  readonly transport = new FakeTransport();
  readonly output = new Output(this.transport, new SlabPool(), () => undefined);
  readonly capabilities = new Set<string>();
  /** Whether the connection takes deliveries. */
  canDeliver = true;
  /** Consumers that wait for it. */
  readonly waitingForRoom: ChannelConsumer[] = [];
  /** How often a channel said that there is something to do at the end of the turn. */
  workDue = 0;
  readonly channel: Channel;

  constructor(channelNumber = 7) {
    super();
    const parts = this;
    const connection = {
      host: { broker: this.broker },
      id: 1,
      vhost: this.vhost,
      output: this.output,
      user: { name: 'guest', tags: [] },
      frameMax: 4096,
      get canDeliver() {
        return parts.canDeliver;
      },
      waitForRoom: (consumer: ChannelConsumer) => this.waitingForRoom.push(consumer),
      workDue: () => this.workDue++,
      hasCapability: (name: string) => this.capabilities.has(name),
      send: (number: number, method: Method) => this.sent.push([number, method.name, method]),
    };
    this.channel = new Channel(connection as unknown as Connection, channelNumber, this.vhost);
    this.takeEvents();
  }

  /** Methods that were sent without content. */
  readonly sent: (readonly [channel: number, name: string, Method])[] = [];

  declare(name: string): Queue {
    const queue = this.vhost.declareQueue(queueOf(name), null);
    this.takeEvents();
    return queue;
  }

  /** Starts a consumer; it takes what waits. */
  consume(queue: Queue, more: Partial<ConsumerProperties> = {}): ChannelConsumer {
    const consumer = new ChannelConsumer(this.channel, queue, {
      tag: 'ctag',
      noAck: false,
      exclusive: false,
      priority: 0,
      arguments: new Map(),
      prefetch: 0,
      ...more,
    });
    this.channel.addConsumer(consumer);
    queue.dispatch();
    return consumer;
  }

  /** What was written since the last call: method and body of each content. */
  written(): { method: Method; body: string }[] {
    this.output.flush();
    this.transport.drain();
    const written: { method: Method; body: string }[] = [];
    for (const { type, channel, payload } of framesOf(this.transport.takeSent())) {
      if (channel !== this.channel.number) throw new Error(`a frame on channel ${channel}`);
      if (type === METHOD_FRAME) {
        written.push({ method: decodeMethod(payload, 0, payload.length), body: '' });
      } else if (type === BODY_FRAME) {
        const last = written.at(-1);
        if (last !== undefined) last.body += payload.toString();
      }
    }
    return written;
  }

  /** Tag and body of each delivery since the last call; a redelivered one has a `!` behind. */
  deliveries(): string[] {
    return this.written().map(({ method, body }) => {
      if (method.name !== 'basic.deliver') throw new Error(`${method.name} came`);
      return `${method.deliveryTag} ${body}${method.redelivered ? '!' : ''}`;
    });
  }
}
