// Limits that are options of Leveret, at n and at n + 1. Leveret alone: a foreign broker would
// have to be configured for each. Reference: compatibility A.4 (530 limits, 406 size), A7.10.
import { expect } from 'chai';
import type { BrokerOptions } from '../../src/index.ts';
import { Peer } from '../support/peer.ts';
import { needsLeveret, openPipe, startLeveret } from '../support/target.ts';

describe('limits', () => {
  needsLeveret();

  async function withBroker(
    options: BrokerOptions,
    test: (open: () => Promise<Peer>) => Promise<void>,
  ): Promise<void> {
    await using broker = await startLeveret(options);
    const peers: Peer[] = [];
    try {
      await test(async () => {
        const { peer } = await Peer.begin(openPipe(broker));
        peers.push(peer);
        peer.startOk();
        await peer.tune();
        return peer;
      });
    } finally {
      for (const peer of peers) peer.drop();
    }
  }

  it('on connections refuse one more, and take one again when one has gone', async () => {
    await withBroker({ maxConnections: 2 }, async (open) => {
      const [first, second] = [await open(), await open()];
      await first.call(0, 'connection.open', { virtualHost: '/' });
      await second.call(0, 'connection.open', { virtualHost: '/' });
      const third = await open();
      third.send(0, 'connection.open', { virtualHost: '/' });
      await third.expectConnectionClose({
        code: 530,
        text: 'NOT_ALLOWED - connection refused: node connection limit (2) is reached',
        method: 'connection.open',
      });
      await first.call(0, 'connection.close', { replyCode: 200 });
      const fourth = await open();
      await fourth.call(0, 'connection.open', { virtualHost: '/' });
    });
  });

  it('on the consumers of a channel', async () => {
    await withBroker({ consumerMaxPerChannel: 2 }, async (open) => {
      const peer = await open();
      await peer.call(0, 'connection.open', { virtualHost: '/' });
      await peer.open(1, 2);
      await peer.call(1, 'queue.declare', { queue: 'q' });
      for (const consumerTag of ['a', 'b']) {
        await peer.call(1, 'basic.consume', { queue: 'q', consumerTag });
      }
      await peer.call(1, 'basic.cancel', { consumerTag: 'a' });
      await peer.call(1, 'basic.consume', { queue: 'q', consumerTag: 'c' });
      await peer.call(2, 'basic.consume', { queue: 'q', consumerTag: 'd' });
      peer.send(1, 'basic.consume', { queue: 'q', consumerTag: 'e' });
      await peer.expectConnectionClose({
        code: 530,
        text: 'NOT_ALLOWED - reached maximum (2) of consumers per channel',
        method: 'basic.consume',
      });
    });
  });

  it('on the size of a message', async () => {
    await withBroker({ maxMessageBytes: 1000 }, async (open) => {
      const peer = await open();
      await peer.call(0, 'connection.open', { virtualHost: '/' });
      await peer.open(1);
      await peer.call(1, 'confirm.select');
      peer.publish(1, { exchange: 'amq.fanout' }, {}, Buffer.alloc(1000));
      expect(await peer.expect(1, 'basic.ack')).to.include({ deliveryTag: 1 });
      peer.publish(1, { exchange: 'amq.fanout' }, {}, Buffer.alloc(1001));
      await peer.expectClose(1, {
        code: 406,
        text: 'PRECONDITION_FAILED - message size 1001 is larger than configured max size 1000',
        method: 'basic.publish',
      });
    });
  });
});
