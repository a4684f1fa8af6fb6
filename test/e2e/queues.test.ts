// Queues as things with a name and a life: declared, named by the server, exclusive, auto-delete,
// purged, deleted. Reference: compatibility A3.1-A3.3, A3.7, A3.9, A3.10, A5, A6.3.
import { expect } from 'chai';
import { fromObject } from '../../protocol/table.ts';
import { useTarget } from '../support/target.ts';
import {
  bind,
  consume,
  counts,
  expectMessages,
  expectNoQueue,
  fill,
  put,
  queue,
} from '../support/topology.ts';

const SERVER_NAME = /^amq\.gen-[A-Za-z0-9_-]{22}$/;

describe('declaring a queue', () => {
  const target = useTarget();

  it('tells its name and counts: ready messages, consumers', async () => {
    const peer = await target.channel();
    const name = target.name();
    const fresh = await peer.call(1, 'queue.declare', { queue: name });
    expect(fresh).to.include({ queue: name, messageCount: 0, consumerCount: 0 });
    await fill(peer, name, 'a', 'b', 'c');
    await peer.call(1, 'basic.qos', { prefetchCount: 1 });
    await consume(peer, name);
    await peer.nextDelivery(1);
    const again = await peer.call(1, 'queue.declare', { queue: name });
    expect(again).to.include({ queue: name, messageCount: 2, consumerCount: 1 });
  });

  it('without a name gets one from the server', async () => {
    const peer = await target.channel();
    const first = await peer.call(1, 'queue.declare', { exclusive: true });
    const second = await peer.call(1, 'queue.declare', { exclusive: true });
    expect(first.queue).to.match(SERVER_NAME);
    expect(second.queue).to.match(SERVER_NAME);
    expect(first.queue).to.not.equal(second.queue);
    const seen = await peer.call(1, 'queue.declare', { queue: first.queue, passive: true });
    expect(seen.queue).to.equal(first.queue);
  });

  it('again is well, and the arguments that nobody knows may differ', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, { arguments: fromObject({ 'x-wt': 1, mine: 'a' }) });
    await peer.call(1, 'queue.declare', { queue: name, arguments: fromObject({ mine: 'b' }) });
    await peer.call(1, 'queue.declare', { queue: name });
  });

  it('again is well with the same number in another type', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, {
      arguments: new Map([['x-max-length', { type: 'I', value: 9 }]]),
    });
    const wider = new Map([['x-max-length', { type: 'l', value: 9 }]] as const);
    await peer.call(1, 'queue.declare', { queue: name, arguments: wider });
    const narrower = new Map([['x-max-length', { type: 's', value: 9 }]] as const);
    await peer.call(1, 'queue.declare', { queue: name, arguments: narrower });
  });

  it('passively ignores what else is asked', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const wrong = { durable: true, autoDelete: true, arguments: fromObject({ 'x-expires': 9 }) };
    await peer.call(1, 'queue.declare', { queue: name, passive: true, ...wrong });
  });

  it('without waiting answers nothing', async () => {
    const peer = await target.channel();
    const name = target.name();
    const nowait = true;
    peer.send(1, 'queue.declare', { queue: name, nowait });
    peer.send(1, 'queue.bind', { queue: name, exchange: 'amq.fanout', nowait });
    peer.send(1, 'queue.purge', { queue: name, nowait });
    await peer.call(1, 'queue.declare', { queue: name, passive: true });
    peer.send(1, 'queue.delete', { queue: name, nowait });
    await peer.fence(1);
    await expectNoQueue(peer, name);
  });

  it('takes 255 octets of name in any script', async () => {
    const peer = await target.channel();
    const start = target.name();
    const name = `${start} \u{1f407} `.padEnd(253, 'x').slice(0, -4);
    const long = `${name}${'x'.repeat(255 - Buffer.byteLength(name))}`;
    target.alsoDelete(long);
    const { queue: given } = await peer.call(1, 'queue.declare', { queue: long });
    expect(given).to.equal(long);
    expect(Buffer.byteLength(given)).to.equal(255);
    await put(peer, { routingKey: long });
    expect(await counts(peer, long)).to.deep.equal([1]);
  });

  it('strips line ends from the name', async () => {
    const peer = await target.channel();
    const name = target.name();
    const { queue: given } = await peer.call(1, 'queue.declare', { queue: `${name}\r\n` });
    expect(given).to.equal(name);
  });
});

describe('the queue declared last on the channel', () => {
  const target = useTarget();

  it('is meant by an empty name', async () => {
    const peer = await target.channel();
    await queue(target, peer);
    const name = await queue(target, peer);
    await peer.call(1, 'queue.bind', { exchange: 'amq.direct', routingKey: name });
    await put(peer, { exchange: 'amq.direct', routingKey: name }, {}, 'one');
    await put(peer, { exchange: 'amq.direct', routingKey: name }, {}, 'two');
    peer.send(1, 'basic.get', { noAck: true });
    expect((await peer.expectContent(1, 'basic.get-ok')).text).to.equal('one');
    expect((await peer.call(1, 'queue.purge')).messageCount).to.equal(1);
    await peer.call(1, 'queue.unbind', { exchange: 'amq.direct', routingKey: name });
    await consume(peer, '');
    await put(peer, { routingKey: name }, {}, 'three');
    expect((await peer.nextDelivery(1)).text).to.equal('three');
    await peer.call(1, 'queue.delete');
    await expectNoQueue(peer, name);
  });

  it('gives its name to an empty routing key, too', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await peer.call(1, 'queue.bind', { exchange: 'amq.direct' });
    await put(peer, { exchange: 'amq.direct', routingKey: name });
    expect(await counts(peer, name)).to.deep.equal([1]);
  });

  it('leaves an empty routing key alone where the queue is named', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await bind(peer, name, 'amq.direct');
    await put(peer, { exchange: 'amq.direct', routingKey: name });
    expect(await counts(peer, name)).to.deep.equal([0]);
    await put(peer, { exchange: 'amq.direct', routingKey: '' });
    expect(await counts(peer, name)).to.deep.equal([1]);
  });

  it('is also one declared passively, or by the server', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const { queue: generated } = await peer.call(1, 'queue.declare', { exclusive: true });
    await fill(peer, name, 'named');
    await fill(peer, generated, 'generated');
    peer.send(1, 'basic.get');
    expect((await peer.expectContent(1, 'basic.get-ok')).text).to.equal('generated');
    await peer.call(1, 'queue.declare', { queue: name, passive: true });
    peer.send(1, 'basic.get');
    expect((await peer.expectContent(1, 'basic.get-ok')).text).to.equal('named');
  });

  it('is a matter of each channel', async () => {
    const peer = await target.channel();
    await peer.open(2);
    await queue(target, peer);
    peer.send(2, 'queue.purge');
    await peer.expectClose(2, {
      code: 404,
      text: 'NOT_FOUND - no previously declared queue',
      method: 'queue.purge',
    });
  });
});

describe('an exclusive queue', () => {
  const target = useTarget();

  it('serves every channel of its connection', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, { exclusive: true });
    await peer.open(2);
    await fill(peer, name, 'm');
    await consume(peer, name, {}, 2);
    await peer.nextDelivery(2);
    await peer.call(1, 'queue.declare', { queue: name, exclusive: true });
  });

  it('takes messages from everybody', async () => {
    const [owner, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, owner, { exclusive: true });
    await fill(other, name, 'm');
    await expectMessages(owner, name, ['m']);
  });

  it('is gone when its connection has closed', async () => {
    const [owner, other] = [await target.channel(), await target.channel()];
    const name = await queue(target, owner, { exclusive: true });
    await owner.call(0, 'connection.close', { replyCode: 200 });
    await expectNoQueue(other, name);
  });

  it('outlives its channel', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, { exclusive: true });
    await peer.call(1, 'channel.close');
    await peer.open(1);
    await peer.call(1, 'queue.declare', { queue: name, passive: true });
  });
});

describe('an auto-delete queue', () => {
  const target = useTarget();

  it('stays until it has had a consumer', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, { autoDelete: true });
    await fill(peer, name, 'm');
    peer.send(1, 'basic.get', { queue: name, noAck: true });
    await peer.expectContent(1, 'basic.get-ok');
    await peer.call(1, 'queue.declare', { queue: name, passive: true });
  });

  it('goes with its last consumer', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, { autoDelete: true });
    await consume(peer, name, { consumerTag: 'a' });
    await consume(peer, name, { consumerTag: 'b' });
    await peer.call(1, 'basic.cancel', { consumerTag: 'a' });
    await peer.call(1, 'queue.declare', { queue: name, passive: true });
    await peer.call(1, 'basic.cancel', { consumerTag: 'b' });
    await expectNoQueue(peer, name);
  });

  it("goes with its last consumer's channel", async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, { autoDelete: true });
    await peer.open(2);
    await consume(peer, name, {}, 2);
    await peer.call(2, 'channel.close');
    await expectNoQueue(peer, name);
  });

  it('goes although messages are left', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer, { autoDelete: true });
    await fill(peer, name, 'm', 'n');
    await peer.call(1, 'basic.qos', { prefetchCount: 1 });
    const consumerTag = await consume(peer, name);
    await peer.nextDelivery(1);
    await peer.call(1, 'basic.cancel', { consumerTag });
    await expectNoQueue(peer, name);
  });
});

describe('purging and deleting a queue', () => {
  const target = useTarget();

  it('purges what is ready, and counts it', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, 'a', 'b', 'c');
    peer.send(1, 'basic.get', { queue: name });
    const first = await peer.expectContent(1, 'basic.get-ok');
    expect((await peer.call(1, 'queue.purge', { queue: name })).messageCount).to.equal(2);
    peer.send(1, 'basic.nack', { deliveryTag: first.deliveryTag, requeue: true });
    await expectMessages(peer, name, ['a']);
  });

  it('counts what was ready when it was deleted', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, 'a', 'b', 'c');
    peer.send(1, 'basic.get', { queue: name });
    await peer.expectContent(1, 'basic.get-ok');
    expect((await peer.call(1, 'queue.delete', { queue: name })).messageCount).to.equal(2);
    peer.send(1, 'basic.ack', { deliveryTag: 1 });
    await peer.fence(1);
  });

  it('deletes what does not exist', async () => {
    const peer = await target.channel();
    const missing = await peer.call(1, 'queue.delete', { queue: target.name() });
    expect(missing.messageCount).to.equal(0);
  });

  it('deletes on condition when the condition holds', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    await fill(peer, name, 'a');
    await expectMessages(peer, name, ['a']);
    const conditions = { ifUnused: true, ifEmpty: true };
    await peer.call(1, 'queue.delete', { queue: name, ...conditions });
    await expectNoQueue(peer, name);
  });

  it('undoes bindings that are not there', async () => {
    const peer = await target.channel();
    const name = await queue(target, peer);
    const [missing, nowhere] = [target.name(), target.name()];
    await peer.call(1, 'queue.unbind', { queue: name, exchange: 'amq.direct', routingKey: 'k' });
    await peer.call(1, 'queue.unbind', { queue: missing, exchange: 'amq.direct' });
    await peer.call(1, 'queue.unbind', { queue: name, exchange: nowhere });
  });
});
