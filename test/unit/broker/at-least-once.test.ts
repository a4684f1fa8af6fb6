// Dead letters that must not be lost: x-dead-letter-strategy at-least-once of quorum queues.
import { expect } from 'chai';
import type { QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import {
  BrokerParts,
  bindingOf,
  exchangeOf,
  FakeToken,
  messageOf,
} from '../support/broker-parts.ts';

describe('Dead letters at least once (x-dead-letter-strategy)', () => {
  let parts: BrokerParts;

  beforeEach(() => {
    parts = new BrokerParts();
  });

  const declare = (name: string, args: Record<string, unknown> = {}, durable = false) =>
    parts.declareQueue(name, args, durable);
  const put = (queue: Queue, body: string) => {
    const token = new FakeToken();
    queue.publish(messageOf(body), token);
    return token.outcomes[0];
  };
  const advance = (ms: number) => parts.advance(ms);
  const bodies = (name: string) => parts.bodiesIn(name);
  const headersIn = (name: string) => parts.headersIn(name);

  const QUORUM = { 'x-queue-type': 'quorum' };
  const SURE = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };
  const sure = (args: Record<string, unknown> = {}) =>
    declare('q', { ...QUORUM, ...SURE, 'x-dead-letter-exchange': 'dlx', ...args }, true);
  const reject = (queue: Queue) => queue.settle([queue.get(false) as QueueEntry], 'rejected');
  const exchange = (name: string) =>
    parts.vhost.declareExchange(exchangeOf(name, { type: 'fanout' }));
  const bind = (name: string) => parts.vhost.bind(bindingOf('dlx', name), null);

  it('wait for an exchange, and for a queue', () => {
    const queue = sure();
    for (const body of ['1', '2']) put(queue, body);
    reject(queue);
    reject(queue);
    expect(queue.readyCount).to.equal(0);
    advance(5_000);
    exchange('dlx');
    advance(5_000);
    declare('dead');
    bind('dead');
    expect(bodies('dead')).to.deep.equal([]);
    advance(1_000);
    expect(bodies('dead')).to.deep.equal(['1', '2']);
    expect(headersIn('dead')['x-death']).to.have.length(1);
    advance(10_000);
    expect(bodies('dead')).to.deep.equal(['1', '2']);
    expect(parts.broker.memory.usedBytes).to.be.greaterThan(0);
    parts.vhost.queue('dead', null).purge();
    expect(parts.broker.memory.usedBytes).to.equal(0);
  });

  it('go again to those queues alone that refused them', () => {
    exchange('dlx');
    declare('dead');
    declare('full', { 'x-max-length': 1, 'x-overflow': 'reject-publish' });
    put(parts.vhost.queue('full', null), 'there');
    for (const name of ['dead', 'full']) bind(name);
    const queue = sure();
    put(queue, '1');
    reject(queue);
    advance(3_000);
    expect([bodies('dead'), bodies('full')]).to.deep.equal([['1'], ['there']]);
    parts.vhost.queue('full', null).get(true);
    advance(1_000);
    expect([bodies('dead'), bodies('full')]).to.deep.equal([['1'], ['1']]);
    advance(3_000);
    expect(bodies('dead')).to.deep.equal(['1']);
  });

  it('wait rather than go round in a circle', () => {
    const queue = sure({
      ...{ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'q', 'x-message-ttl': 10 },
    });
    put(queue, '1');
    advance(10);
    expect(queue.readyCount).to.equal(0);
    advance(5_000);
    expect(queue.readyCount).to.equal(0);
    parts.vhost.deleteQueue('q', { ifUnused: false, ifEmpty: false }, null);
    expect(parts.broker.memory.usedBytes).to.equal(0);
  });

  it('count for the limits of the queue that keeps them', () => {
    const queue = sure({ 'x-max-length': 2 });
    expect([put(queue, '1'), put(queue, '2'), put(queue, '3')]).to.deep.equal([
      ...['confirmed', 'confirmed', 'rejected'],
    ]);
    reject(queue);
    expect(put(queue, '4')).to.equal('rejected');
    exchange('dlx');
    declare('dead');
    bind('dead');
    advance(1_000);
    expect(put(queue, '5')).to.equal('confirmed');
  });

  it('are dropped once the strategy is not in force, and on classic queues', () => {
    const policy = (overflow: string) =>
      parts.vhost.policies.set('policy', {
        ...{ name: 'p', pattern: '.*', applyTo: 'queues', priority: 0 },
        definition: {
          ...{ 'dead-letter-exchange': 'dlx', 'dead-letter-strategy': 'at-least-once', overflow },
        },
      });
    policy('reject-publish');
    const queue = declare('q', QUORUM, true);
    const classic = declare('classic', {}, true);
    for (const each of [queue, classic]) {
      put(each, '1');
      reject(each);
    }
    expect(parts.broker.memory.usedBytes).to.be.greaterThan(0);
    policy('drop-head');
    advance(1_000);
    expect(parts.broker.memory.usedBytes).to.equal(0);
  });
});
