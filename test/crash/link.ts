/**
 * Connections and channels of amqplib as the clients use them: whatever is cut off while the broker
 * should be up is a violation, and amqplib learns transactions.
 */
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  connect as connectAmqp,
} from 'amqplib';
import type { Life } from './life.ts';
import type { Violations } from './violations.ts';

/** Class and method ids: 90 << 16 | method. */
const TX_SELECT = 5_898_250;
const TX_COMMIT = 5_898_260;
const TX_ROLLBACK = 5_898_270;

/** amqplib has the methods of class tx in its tables, and no calls for them. */
interface Rpc {
  rpc(method: number, fields: object, reply: number): Promise<unknown>;
}

export class TxChannel {
  readonly channel: Channel;

  private constructor(channel: Channel) {
    this.channel = channel;
  }

  static async select(channel: Channel): Promise<TxChannel> {
    await (channel as unknown as Rpc).rpc(TX_SELECT, {}, TX_SELECT + 1);
    return new TxChannel(channel);
  }

  async commit(): Promise<void> {
    await (this.channel as unknown as Rpc).rpc(TX_COMMIT, {}, TX_COMMIT + 1);
  }

  async rollback(): Promise<void> {
    await (this.channel as unknown as Rpc).rpc(TX_ROLLBACK, {}, TX_ROLLBACK + 1);
  }
}

export class Link {
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #model: ChannelModel;
  readonly #onFault: (text: string) => void;

  private constructor(model: ChannelModel, life: Life, violations: Violations) {
    this.#model = model;
    this.#onFault = (text) => {
      if (!life.isOver) violations.add(text);
    };
    this.closed = new Promise((resolve) => model.on('close', () => resolve()));
    model.on('error', (error: Error) => this.#onFault(`a connection was lost: ${error.message}`));
  }

  static async open(url: string, life: Life, violations: Violations): Promise<Link> {
    const model = await connectAmqp(url, { noDelay: true });
    // A connection with as many clients as here has more listeners than Node thinks is right.
    model.setMaxListeners(0);
    return new Link(model, life, violations);
  }

  async channel(): Promise<Channel> {
    const channel = await this.#model.createChannel();
    channel.on('error', (error: Error) => this.#onFault(`a channel was closed: ${error.message}`));
    return channel;
  }

  async confirmChannel(): Promise<ConfirmChannel> {
    const channel = await this.#model.createConfirmChannel();
    channel.on('error', (error: Error) => this.#onFault(`a channel was closed: ${error.message}`));
    return channel;
  }

  async txChannel(): Promise<TxChannel> {
    return TxChannel.select(await this.channel());
  }

  /**
   * What a passive declare says, on a channel of its own: the answer, or null when there is no such
   * thing.
   */
  async look<T>(ask: (channel: Channel) => Promise<T>): Promise<T | null> {
    const channel = await this.#model.createChannel();
    channel.on('error', () => undefined);
    try {
      const answer = await ask(channel);
      await channel.close();
      return answer;
    } catch (error) {
      if ((error as { code?: number }).code === 404) return null;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#model.close();
  }
}

/** Closes a channel. amqplib's promise stays open when the connection goes before the answer. */
export async function closeChannel(channel: Channel): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    channel.once('close', resolve);
  });
  await Promise.race([gone, channel.close()]);
}
