/** The part of rascal that its adapter uses; the package has no types of its own. */
declare module 'rascal' {
  import type { EventEmitter } from 'node:events';
  import type { Message, Options } from 'amqplib';
  import type { Connection } from 'amqplib/callback_api';

  export interface Retry {
    min: number;
    max: number;
    strategy: 'linear' | 'exponential';
  }

  export interface Vhost {
    connection: { url: string };
    exchanges?: Record<
      string,
      { assert: boolean; type?: string; options?: Options.AssertExchange }
    >;
    queues?: Record<string, { assert: boolean; options?: Options.AssertQueue }>;
    bindings?: Record<
      string,
      {
        source: string;
        destination: string;
        destinationType: 'queue' | 'exchange';
        bindingKey: string;
        options?: object;
      }
    >;
  }

  export interface Config {
    vhosts: Record<string, Vhost>;
    defaults: {
      vhosts: {
        connection: { retry: Retry | false; options: Record<string, number> };
        publicationChannelPools: { confirmPool: { acquireTimeoutMillis: number } };
      };
      publications: { timeout: number };
      subscriptions: { retry: Retry | false };
    };
  }

  /** Emits success, error, return, each once at most. */
  export type PublicationSession = EventEmitter;

  export interface Recovery {
    strategy: 'nack';
    all?: boolean;
    requeue?: boolean;
  }

  export type AckOrNack = (error?: Error, recovery?: Recovery) => void;

  export interface SubscriberSession extends EventEmitter {
    on(
      event: 'message',
      listener: (message: Message, content: unknown, ackOrNack: AckOrNack) => void,
    ): this;
    on(event: 'subscribed' | 'cancelled', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    cancel(): Promise<void>;
  }

  export interface Broker extends EventEmitter {
    /** A connection of amqplib's, to do with what the rest has no call for. */
    connect(vhost: string): Promise<Connection>;
    publish(
      publication: string,
      body: Buffer,
      overrides: { routingKey: string; options: Options.Publish },
    ): Promise<PublicationSession>;
    subscribe(
      subscription: string,
      overrides: { prefetch?: number; closeTimeout?: number; options: Options.Consume },
    ): Promise<SubscriberSession>;
    shutdown(): Promise<void>;
    /** Deletes the exchanges and queues of its configuration, and shuts down. */
    nuke(): Promise<void>;
  }

  const rascal: {
    BrokerAsPromised: { create(config: Config): Promise<Broker> };
    withDefaultConfig(config: Config): Config;
  };
  export default rascal;
}
