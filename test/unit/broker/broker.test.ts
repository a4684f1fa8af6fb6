import { expect } from 'chai';
import { MESSAGE_OVERHEAD_BYTES } from '../../../src/broker/memory.ts';
import { Chunk, Message } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { REPLY_TO_PREFIX } from '../../../src/broker/vhost.ts';
import { ADDRESS, BrokerParts, bodyOf, messageOf, queueOf } from '../support/broker-parts.ts';

const CHUNK_BYTES = 65_536;

describe('Broker', () => {
  it('has the virtual hosts that it was given, each a world of its own', () => {
    const { broker } = new BrokerParts(1e9, ['/', 'other']);
    expect(Array.from(broker.vhosts(), ({ name }) => name)).to.deep.equal(['/', 'other']);
    expect(broker.vhost('none')).to.equal(undefined);
    broker.vhost('/')?.declareQueue(queueOf('q'), null);
    expect([...(broker.vhost('other')?.queues() ?? [])]).to.deep.equal([]);
  });

  it('makes random names of 22 URL-safe characters (A3.9)', () => {
    const { broker } = new BrokerParts();
    expect(broker.randomName('amq.gen-')).to.equal(`amq.gen-${'A'.repeat(22)}`);
    expect(broker.randomName(REPLY_TO_PREFIX)).to.match(/^amq\.rabbitmq\.reply-to\.[\w-]{22}$/);
  });

  it('tells of alarms', () => {
    const parts = new BrokerParts(1000);
    parts.broker.memory.reserve(1001);
    parts.broker.memory.unreserve(51);
    expect(parts.takeEvents()).to.deep.equal([
      ['alarm.set', { resource: 'memory', usedBytes: 1001, limitBytes: 1000 }],
      ['alarm.cleared', { resource: 'memory', usedBytes: 950, limitBytes: 1000 }],
    ]);
  });

  it('raises the memory alarm from the start where nothing may be held', () => {
    expect(new BrokerParts(0).broker.alarms.isRaised('memory')).to.equal(true);
  });

  it('watches a disk, and tells of its alarm', async () => {
    const parts = new BrokerParts(1000);
    const { broker } = parts;
    let free = 99;
    const onError = () => expect.fail();
    await broker.watchDisk({ limitBytes: 100, freeBytes: () => Promise.resolve(free), onError });
    broker.memory.reserve(1001);
    expect([broker.alarms.isUp, broker.alarms.reason]).to.deep.equal([
      true,
      'low on disk & memory',
    ]);
    free = 101;
    await broker.disk?.setLimit(101);
    expect([broker.alarms.isUp, broker.alarms.reason]).to.deep.equal([true, 'low on memory']);
    broker.disk?.stop();
    expect(parts.takeEvents()).to.deep.equal([
      ['alarm.set', { resource: 'disk', freeBytes: 99, limitBytes: 100 }],
      ['alarm.set', { resource: 'memory', usedBytes: 1001, limitBytes: 1000 }],
      ['alarm.cleared', { resource: 'disk', freeBytes: 101, limitBytes: 101 }],
    ]);
  });

  it('is not disturbed by a listener that throws', () => {
    const parts = new BrokerParts();
    const broken = new Error('listener');
    parts.broker.events.on('queue.created', () => {
      throw broken;
    });
    parts.vhost.declareQueue(queueOf('q'), null);
    expect(parts.listenerErrors).to.deep.equal([['queue.created', broken]]);
    expect([...parts.vhost.queues()]).to.have.length(1);
  });

  it('resets all its virtual hosts', () => {
    const { broker } = new BrokerParts(1e9, ['/', 'other']);
    for (const vhost of broker.vhosts()) vhost.declareQueue(queueOf('q'), null);
    broker.reset();
    for (const vhost of broker.vhosts()) expect([...vhost.queues()]).to.deep.equal([]);
  });

  describe('compaction', () => {
    let parts: BrokerParts;

    beforeEach(() => {
      parts = new BrokerParts(4 * CHUNK_BYTES, ['/', 'other']);
    });

    const declare = (name: string, vhost = '/'): Queue =>
      parts.broker.vhost(vhost)?.declareQueue(queueOf(name), null) as Queue;
    /** A message of a few octets that keeps a whole chunk. */
    const wasteful = (body: string) => {
      const chunk = new Chunk(Buffer.alloc(CHUNK_BYTES));
      chunk.bytes.write(body, 2);
      return new Message(ADDRESS, chunk, 0, 2, chunk, 2, body.length, null);
    };
    const turns = () => {
      let count = 0;
      for (; parts.turns.pending > 0; count++) parts.turns.run();
      return count;
    };

    it('does nothing where it is not wanted', () => {
      const queue = declare('q');
      for (let i = 0; i < 2000; i++) queue.publish(messageOf('x'), null);
      parts.broker.compactIfNeeded();
      expect(parts.turns.pending).to.equal(0);
    });

    it('moves the ready messages of all queues in all virtual hosts', () => {
      for (const queue of [declare('q'), declare('r', 'other')]) {
        for (const body of ['a', 'b', 'c']) queue.publish(wasteful(body), null);
      }
      const { memory } = parts.broker;
      expect(memory.usedBytes).to.equal(6 * (CHUNK_BYTES + MESSAGE_OVERHEAD_BYTES));
      parts.broker.compactIfNeeded();
      turns();
      expect(memory.usedBytes).to.equal(CHUNK_BYTES + 6 * MESSAGE_OVERHEAD_BYTES);
      for (const vhost of parts.broker.vhosts()) {
        for (const queue of vhost.queues()) {
          const bodies = Array.from(queue.entries(), ({ message }) => bodyOf(message).toString());
          expect(bodies).to.deep.equal(['a', 'b', 'c']);
        }
      }
    });

    it('goes queue by queue, a turn of the loop for about two thousand messages', () => {
      for (let i = 0; i < 5; i++) {
        const queue = declare(`q${i}`);
        for (let j = 0; j < 1000; j++) queue.publish(messageOf('x'), null);
        for (let j = 0; j < 10; j++) queue.publish(wasteful('y'), null);
      }
      parts.broker.compactIfNeeded();
      expect(parts.turns.pending).to.equal(1);
      parts.broker.compactIfNeeded();
      expect(parts.turns.pending, 'one at a time').to.equal(1);
      expect(turns()).to.equal(2);
      parts.broker.compactIfNeeded();
      expect(parts.turns.pending, 'nothing is left to do').to.equal(0);
      for (let j = 0; j < 60; j++) declare('more').publish(wasteful('z'), null);
      parts.broker.compactIfNeeded();
      expect(parts.turns.pending, 'and again once the remains have grown').to.equal(1);
    });

    it('is no matter of contents that are on their way in', () => {
      parts.broker.memory.reserve(10_000_000);
      parts.broker.compactIfNeeded();
      expect(parts.turns.pending).to.equal(0);
    });

    it('lives with queues that go or are declared meanwhile', () => {
      for (let i = 0; i < 4; i++) {
        const queue = declare(`q${i}`);
        for (let j = 0; j < 2000; j++) queue.publish(messageOf('x'), null);
        for (let j = 0; j < 20; j++) queue.publish(wasteful('y'), null);
      }
      parts.broker.compactIfNeeded();
      expect(parts.turns.pending).to.equal(1);
      parts.broker.reset();
      declare('new').publish(wasteful('z'), null);
      turns();
      parts.broker.reset();
      expect(parts.broker.memory).to.include({ usedBytes: 0, exactBytes: 0 });
    });
  });
});
