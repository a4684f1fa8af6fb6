/**
 * What a Node client must offer to run the shared scenarios: one adapter a client implements it
 * with that client's own calls. Members that are optional are those that some client lacks; a
 * scenario that needs a missing one is skipped with the reason. Nothing here knows a client.
 */

export interface Properties {
  contentType?: string;
  contentEncoding?: string;
  headers?: Record<string, unknown>;
  deliveryMode?: number;
  priority?: number;
  correlationId?: string;
  replyTo?: string;
  /** Milliseconds, as decimal digits. */
  expiration?: string;
  messageId?: string;
  /** Seconds since 1970. */
  timestamp?: number;
  type?: string;
  userId?: string;
  appId?: string;
  clusterId?: string;
}

export interface Message {
  readonly body: Buffer;
  readonly properties: Properties;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  /** Messages left in the queue; basic.get only. */
  readonly left?: number;
  /** The client's own message, for its own ack. */
  readonly raw: unknown;
}

export interface Returned {
  readonly replyCode: number;
  readonly replyText: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: Properties;
}

export interface QueueOptions {
  readonly durable?: boolean;
  readonly exclusive?: boolean;
  /** To be gone with the link: exclusive, where a link is one connection. */
  readonly temporary?: boolean;
  readonly autoDelete?: boolean;
  readonly passive?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export interface QueueState {
  readonly queue: string;
  readonly messageCount: number;
  readonly consumerCount: number;
}

export interface ConsumeOptions {
  readonly noAck?: boolean;
  readonly prefetch?: number;
  /** The server makes one up when there is none. */
  readonly tag?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export interface Subscription {
  readonly tag: string;
  /** Resolves when the server cancels this consumer. */
  readonly cancelled: Promise<void>;
}

export interface Channel {
  /** Resolves with what the client reports when the server closes the channel. */
  readonly closed: Promise<Error>;
  declareQueue(name: string, options?: QueueOptions): Promise<QueueState>;
  deleteQueue(name: string): Promise<void>;
  bindQueue(queue: string, exchange: string, key: string, args?: object): Promise<void>;
  unbindQueue(queue: string, exchange: string, key: string): Promise<void>;
  declareExchange(name: string, type: string): Promise<void>;
  bindExchange(destination: string, source: string, key: string): Promise<void>;
  /** Resolves when confirmed (confirm channel) or when written (any other). */
  publish(
    exchange: string,
    key: string,
    body: Buffer,
    properties?: Properties & { mandatory?: boolean },
  ): Promise<void>;
  onReturn(listener: (message: Returned) => void): void;
  consume(
    queue: string,
    listener: (message: Message) => void,
    options?: ConsumeOptions,
  ): Promise<Subscription>;
  /** Resolves when all that was published so far is confirmed; where the client has a call. */
  waitForConfirms?(): Promise<void>;
  cancel(tag: string): Promise<void>;
  ack(message: Message, multiple?: boolean): void;
  nack(message: Message, multiple: boolean, requeue: boolean): void;
  reject?(message: Message, requeue: boolean): void;
  get(queue: string, noAck: boolean): Promise<Message | undefined>;
  readonly tx?: {
    select(): Promise<void>;
    commit(): Promise<void>;
    rollback(): Promise<void>;
  };
  close(): Promise<void>;
}

export interface Link {
  /** Resolves with what the client reports when the connection is lost. */
  readonly lost: Promise<Error>;
  readonly serverProperties?: Record<string, unknown>;
  /** The reason when the server blocks the connection, null when it lifts that. */
  onBlocked(listener: (reason: string | null) => void): void;
  channel(mode?: 'plain' | 'confirm'): Promise<Channel>;
  close(): Promise<void>;
}

/** A connection that the client itself brings back, with a queue and a consumer on it. */
export interface Recovering {
  /** Resolves when the broker has confirmed, however long that takes. */
  publish(body: string): Promise<void>;
  /** Resolves when the client has noticed that the connection is gone. */
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

export interface HeaderSample {
  /** RabbitMQ's type letter. */
  readonly type: string;
  readonly sent: unknown;
  /** What comes back, where the client's two directions differ. */
  readonly received?: unknown;
}

export interface ConnectOptions {
  readonly heartbeatSeconds?: number;
  /** Asks for what `Client.lower` describes. */
  readonly lower?: boolean;
}

export interface Client {
  readonly name: string;
  readonly version: string;
  connect(url: string, options?: ConnectOptions): Promise<Link>;
  /** Declares `queue` and consumes from it, now and after every reconnection. */
  recovering(url: string, queue: string, listener: (body: string) => void): Promise<Recovering>;
  readonly headerSamples: readonly HeaderSample[];
  /** Type letters that the client has no way to send. */
  readonly unsendableTypes: string;
  /** Properties that the client has no way to send. */
  readonly unsendableProperties: readonly (keyof Properties)[];
  /** Values of a property that it has no way to send. */
  readonly unsendableValues?: { readonly [P in 'priority' | 'timestamp']?: readonly number[] };
  /** How it reports `NOT_ALLOWED - vhost no-such-vhost not found`. */
  readonly missingVhost: RegExp;
  /** How it reports a publish to an exchange that is not there, where it does not tell why. */
  readonly missingExchange?: RegExp;
  /** Whether returns and confirms reach the program in the order of the wire. */
  readonly returnsInOrder: boolean;
  /** Why publishes that wait for their confirms may overtake each other, where they may. */
  readonly overtaking?: string;
  /** Whether it takes no publish while the connection is blocked. */
  readonly refusesWhileBlocked?: boolean;
  /** Scenarios that need objects of another library which its public API hands out. */
  readonly lower?: { readonly scenarios: readonly string[]; readonly note: string };
  /** What it could not be asked to do, by scenario. */
  readonly notes?: Readonly<Record<string, string>>;
}
