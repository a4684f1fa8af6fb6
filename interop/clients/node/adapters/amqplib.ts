/** amqplib: promises, one connection, its own recovery since 1.1. */
import { type ChannelModel, connect } from 'amqplib';
import { deferred } from '../deferred.ts';
import type { Client, HeaderSample, Link, Recovering } from '../port.ts';
import { AmqplibChannel } from './amqplib-channel.ts';
import { installedVersion } from './version.ts';

const typed = (type: string, value: unknown): unknown => ({ '!': type, value });

/** amqplib tells most numbers apart only when it sends; what it reads is a plain number. */
export const amqplibHeaderSamples: readonly HeaderSample[] = [
  { type: 'S', sent: 'text, Größe, 兎' },
  { type: 'x', sent: Buffer.from([0, 1, 254, 255]) },
  { type: 't', sent: true },
  { type: 'b', sent: typed('int8', -128), received: -128 },
  { type: 'B', sent: typed('uint8', 255), received: 255 },
  { type: 's', sent: typed('int16', -32_768), received: -32_768 },
  { type: 'u', sent: typed('uint16', 65_535), received: 65_535 },
  { type: 'I', sent: typed('int32', -2_147_483_648), received: -2_147_483_648 },
  { type: 'i', sent: typed('uint32', 4_294_967_295), received: 4_294_967_295 },
  {
    type: 'l',
    sent: typed('int64', Number.MIN_SAFE_INTEGER),
    received: Number.MIN_SAFE_INTEGER,
  },
  { type: 'f', sent: typed('float', 1.5), received: 1.5 },
  { type: 'd', sent: typed('double', Math.PI), received: Math.PI },
  { type: 'D', sent: typed('decimal', { places: 2, digits: 31_415 }) },
  { type: 'T', sent: typed('timestamp', 1_700_000_000) },
  { type: 'V', sent: null },
  { type: 'A', sent: ['text', 1, true, null, ['inner'], { deep: 'table' }] },
  { type: 'F', sent: { text: 'text', number: 70_000, inner: { list: [1, 2, 3] } } },
];

export const amqplibClient: Client = {
  name: 'amqplib',
  version: installedVersion('amqplib'),
  headerSamples: amqplibHeaderSamples,
  unsendableTypes: 'L',
  unsendableProperties: ['clusterId'],
  missingVhost: /Expected ConnectionOpenOk; got <ConnectionClose channel:0>/,
  returnsInOrder: true,
  async connect(url, options = {}) {
    return toLink(await connect(withHeartbeat(url, options.heartbeatSeconds)));
  },
  recovering: connectRecovering,
};

function withHeartbeat(url: string, seconds: number | undefined): string {
  return seconds === undefined ? url : `${url}?heartbeat=${seconds}`;
}

function toLink(model: ChannelModel): Link {
  let open = true;
  const lost = new Promise<Error>((resolve) => {
    model.on('error', resolve);
    model.on('close', () => {
      open = false;
    });
  });
  return {
    lost,
    serverProperties: model.connection.serverProperties,
    onBlocked(listener) {
      model.on('blocked', listener);
      model.on('unblocked', () => listener(null));
    },
    async channel(mode = 'plain') {
      const raw =
        mode === 'confirm' ? await model.createConfirmChannel() : await model.createChannel();
      return new AmqplibChannel(raw);
    },
    async close() {
      if (open) await model.close();
    },
  };
}

/** amqplib brings the connection back and runs `setup` on it; channels are made anew. */
async function connectRecovering(
  url: string,
  queue: string,
  listener: (body: string) => void,
): Promise<Recovering> {
  const setup = async (model: ChannelModel): Promise<void> => {
    const channel = await model.createChannel();
    await channel.assertQueue(queue, { durable: false });
    await channel.consume(queue, (raw) => raw && listener(raw.content.toString()), { noAck: true });
  };
  const model = await connect(url, { recovery: { initialDelay: 50, maxDelay: 200, setup } });
  const lost = deferred<Error>();
  model.on('error', lost.resolve);
  model.on('disconnect', lost.resolve);
  return {
    lost: lost.promise,
    async publish(body) {
      // Waits for the connection while there is none.
      const channel = await model.createConfirmChannel();
      channel.sendToQueue(queue, Buffer.from(body));
      await channel.waitForConfirms();
      await channel.close();
    },
    close: () => model.close(),
  };
}
