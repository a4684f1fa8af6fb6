/**
 * The publishing side of one channel: from basic.publish and its content to a message in queues.
 *
 * Responsible for collecting the content, for looking a target up once while it stays the same, for
 * the checks of a publish in RabbitMQ's order, and for mandatory returns and confirms. Not
 * responsible for routing, or for what a transaction does with a publish (transaction.ts).
 */
import { ContentAssembler } from '../../protocol/assembler.ts';
import { PublishFields } from '../../protocol/hot.ts';
import { encodeMethod } from '../../protocol/methods.ts';
import { sameOctets } from '../../protocol/octets.ts';
import { readText } from '../../protocol/text.ts';
import { errors } from '../broker/errors.ts';
import {
  type Findings,
  headersOf,
  inspectProperties,
  type Publisher,
} from '../broker/inspection.ts';
import { type Chunk, Message } from '../broker/message.ts';
import { NotedMessage } from '../broker/noted-message.ts';
import type { PublishToken } from '../broker/queue.ts';
import type { Destination, Route } from '../broker/routes.ts';
import { REPLY_TO_PREFIX } from '../broker/vhost.ts';
import { authorize } from './authorize.ts';
import type { Channel } from './channel.ts';
import { SessionError } from './close.ts';
import { writeWithContent } from './content-writer.ts';
import type { Transaction } from './transaction.ts';

const NO_OCTETS = Buffer.alloc(0);
const BASIC_PUBLISH_METHOD = 40;

/** A publish whose way is known, waiting for commit or about to be enqueued. */
export interface Publish {
  readonly message: Message;
  readonly destinations: readonly Destination[];
  readonly mandatory: boolean;
}

export class ChannelPublisher implements Publisher {
  readonly user: string;
  readonly mayImpersonate: boolean;
  readonly #channel: Channel;
  readonly #fields = new PublishFields();
  readonly #content = new ContentAssembler();
  /** Exchange and routing key of `#route` as they came, to recognise them by their octets. */
  #names: Buffer = NO_OCTETS;
  #route: Route | null = null;
  /** Exchange that this user was found to be allowed to write to, last. */
  #allowedExchange: string | null = null;
  #mandatory = false;
  /** Octets counted for a content that is still arriving. */
  #reserved = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
    const { user } = channel.connection;
    this.user = user.name;
    this.mayImpersonate = user.tags.includes('impersonator');
  }

  /** Whether header or body frames are due, and no other method may come (spec 4.2.6). */
  get expectsContent(): boolean {
    return this.#content.expectsContent;
  }

  /** The error for a method that came instead. */
  interrupted(): Error {
    return this.#content.interrupted();
  }

  /** Takes the payload of a basic.publish. @throws ProtocolError, SessionError, BrokerError */
  begin(bytes: Buffer, start: number, end: number): void {
    const fields = this.#fields;
    fields.read(bytes, start, end);
    if (!sameOctets(bytes, fields.nameStart, fields.nameEnd, this.#names)) {
      this.#route = null;
      this.#names = Buffer.from(bytes.subarray(fields.nameStart, fields.nameEnd));
    }
    this.#mandatory = fields.mandatory;
    if (fields.immediate) throw new SessionError('NOT_IMPLEMENTED', 'immediate=true');
    this.#content.begin(BASIC_PUBLISH_METHOD);
  }

  header(bytes: Buffer, start: number, end: number): void {
    const complete = this.#content.header(bytes, start, end);
    const { maxMessageBytes } = this.#channel.connection.host.options;
    if (this.#content.bodySize > maxMessageBytes) {
      throw errors.messageTooLarge(this.#content.bodySize, maxMessageBytes);
    }
    if (complete) this.#finish();
  }

  bodyPart(bytes: Buffer, start: number, end: number, last: boolean): void {
    if (this.#content.bodyPart(bytes, start, end, last)) {
      this.#finish();
    } else {
      this.#reserved += end - start;
      this.#channel.connection.host.broker.memory.reserve(end - start);
    }
  }

  /** Drops a content that was arriving. */
  abort(): void {
    this.#content.abort();
    this.#unreserve();
  }

  replyAddress(): string {
    return this.#channel.replyAddress();
  }

  /**
   * Puts a message into its queues and sees to its return and its confirm. `waiting` is told what
   * each queue says where nobody waits for a confirm.
   */
  enqueue(publish: Publish, waiting: PublishToken | null = null): void {
    const { message, destinations } = publish;
    const { confirms } = this.#channel;
    const isReturned = publish.mandatory && !this.#isRouted(publish);
    if (isReturned) {
      // What was confirmed before it is told before it (A9.2), and its own confirm right behind.
      confirms?.flush();
      this.#return(message);
    }
    if (destinations.length === 0 && confirms !== null && this.#route?.byKeyOnly === false) {
      // It may repeat a message that is not safe yet (x-message-deduplication).
      const { store } = this.#channel.connection.host.broker;
      store.whenSafe(confirms.next(1) as PublishToken);
      return;
    }
    const token = confirms?.next(destinations.length) ?? waiting;
    for (let i = 0; i < destinations.length; i++) {
      (destinations[i] as Destination).publish(message, token);
    }
    if (isReturned) confirms?.flush();
  }

  /** The content is complete. What was counted for it is let go only once its queues hold it. */
  #finish(): void {
    try {
      if (this.#reserved === 0) this.#publish();
      else this.#publishReserved();
    } finally {
      this.#content.forget();
    }
    this.#channel.connection.publishing.published();
  }

  #publishReserved(): void {
    const { memory } = this.#channel.connection.host.broker;
    memory.withdraw(this.#reserved);
    this.#reserved = 0;
    try {
      this.#publish();
    } finally {
      memory.review();
    }
  }

  #publish(): void {
    const channel = this.#channel;
    const content = this.#content;
    const route = this.#findRoute();
    const properties = channel.connection.channels.chunkOf(content.properties);
    const { properties: bytes, propertiesStart, propertiesEnd } = content;
    const findings = inspectProperties(bytes, propertiesStart, propertiesEnd, this);
    let message = new Message(
      route,
      properties,
      propertiesStart,
      propertiesEnd,
      content.body === bytes ? properties : channel.connection.channels.chunkOf(content.body),
      content.bodyStart,
      content.bodySize,
      content.parts === null ? null : this.#chunks(content.parts),
    );
    const { moreKeys, rewritten } = findings;
    if (rewritten !== null) message = rewrittenOf(message.with(route, rewritten), findings);
    let destinations = route.destinations;
    if (!route.byKeyOnly || moreKeys.length !== 0) {
      const headers = route.byKeyOnly
        ? undefined
        : headersOf(bytes, propertiesStart, propertiesEnd);
      const keys = [route.routingKey, ...moreKeys];
      destinations = channel.vhost.resolve(route.exchange, keys, headers, message);
    }
    const { firehose } = channel.vhost;
    if (firehose !== null) {
      const queues = destinations.filter(({ isAside }) => !isAside).map(({ name }) => name);
      firehose.published(message, [route.routingKey, ...moreKeys], queues, channel.party);
    }
    const isPlain = channel.transaction === null && channel.confirms === null && !this.#mandatory;
    if (isPlain && destinations.length === 1) {
      // The usual case, without an object for it.
      (destinations[0] as Destination).publish(message, null);
      return;
    }
    const publish = { message, destinations, mandatory: this.#mandatory };
    if (channel.transaction === null) this.enqueue(publish);
    else this.#publishInTransaction(publish, channel.transaction);
  }

  /** Direct replies do not wait for the commit; a return does (A9.7). */
  #publishInTransaction(publish: Publish, transaction: Transaction): void {
    const { message, destinations, mandatory } = publish;
    for (const each of destinations) if (isReplyQueue(each)) each.publish(message, null);
    const queues = destinations.filter((each) => !isReplyQueue(each));
    transaction.publish({ message, destinations: queues, mandatory });
  }

  #findRoute(): Route {
    const known = this.#route;
    const { vhost } = this.#channel;
    if (known !== null && vhost.isCurrent(known)) return known;
    const names = this.#names;
    const exchangeBytes = names[0] as number;
    const exchange = readText(names, 1, 1 + exchangeBytes);
    const routingKey = readText(names, 2 + exchangeBytes, names.length);
    if (exchange !== this.#allowedExchange) {
      authorize(this.#channel.connection, 'write', 'exchange', exchange);
      this.#allowedExchange = exchange;
    }
    const route = vhost.route(exchange, routingKey);
    this.#route = route;
    return route;
  }

  #chunks(parts: NonNullable<ContentAssembler['parts']>) {
    const { connection } = this.#channel;
    return parts.map(({ bytes, start, end }) => {
      const chunk: Chunk = connection.channels.chunkOf(bytes);
      return { chunk, start, end };
    });
  }

  /** Up to 4.1 a direct reply counts as not routed, although it is delivered (A9.7). */
  #isRouted({ destinations }: Publish): boolean {
    const { routesReplies } = this.#channel.connection.host.broker.profile;
    return destinations.some((each) => routesReplies || !isReplyQueue(each));
  }

  #return(message: Message): void {
    const { connection, number } = this.#channel;
    const { exchange, routingKey } = message.address;
    const method = encodeMethod(number, {
      name: 'basic.return',
      replyCode: 312,
      replyText: 'NO_ROUTE',
      exchange,
      routingKey,
    });
    writeWithContent(connection.output, method, number, message, connection.frameMax);
    connection.answered();
  }

  #unreserve(): void {
    if (this.#reserved === 0) return;
    this.#channel.connection.host.broker.memory.unreserve(this.#reserved);
    this.#reserved = 0;
  }
}

/** BCC keys are no part of the properties any more: they are noted beside. */
function rewrittenOf(message: Message, { blindKeys }: Findings): Message {
  if (blindKeys.length === 0) return message;
  return NotedMessage.of(message, { isDeadLetter: false, blindKeys });
}

function isReplyQueue({ name }: Destination): boolean {
  return name.startsWith(REPLY_TO_PREFIX);
}
