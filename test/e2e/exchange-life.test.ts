// Exchanges beyond their types: bindings from exchange to exchange, alternate exchanges, internal
// and auto-delete ones, deletion. Reference: compatibility A6.2-A6.4, A3.1, A3.3, A3.7.
import { expect } from 'chai';
import { fromObject } from '../../protocol/table.ts';
import { useTarget } from '../support/target.ts';
import {
  bind,
  counts,
  exchange,
  expectNoExchange,
  link,
  put,
  queue,
  take,
} from '../support/topology.ts';

describe('bindings between exchanges', () => {
  const target = useTarget();

  it('carry on what the source matches, under its own key', async () => {
    const peer = await target.channel();
    const outer = await exchange(target, peer, 'topic');
    const inner = await exchange(target, peer, 'direct');
    const q = await queue(target, peer);
    await link(peer, outer, inner, 'a.*');
    await bind(peer, q, inner, 'a.b');
    for (const routingKey of ['a.b', 'a.c', 'b']) {
      await put(peer, { exchange: outer, routingKey }, {}, routingKey);
    }
    expect(await counts(peer, q)).to.deep.equal([1]);
    const got = await take(peer, q);
    expect([got.exchange, got.routingKey]).to.deep.equal([outer, 'a.b']);
  });

  it('may form a circle; a queue still gets one copy', async () => {
    const peer = await target.channel();
    const [a, b] = [await exchange(target, peer), await exchange(target, peer)];
    const q = await queue(target, peer);
    await link(peer, a, b);
    await link(peer, b, a);
    await link(peer, a, a);
    await bind(peer, q, a);
    await bind(peer, q, b);
    await put(peer, { exchange: a });
    expect(await counts(peer, q)).to.deep.equal([1]);
  });

  it('can be undone, and undoing what is not there is no error', async () => {
    const peer = await target.channel();
    const [a, b] = [await exchange(target, peer), await exchange(target, peer)];
    const q = await queue(target, peer);
    await link(peer, a, b);
    await bind(peer, q, b);
    const names = { source: a, destination: b };
    await peer.call(1, 'exchange.unbind', names);
    await peer.call(1, 'exchange.unbind', names);
    await peer.call(1, 'exchange.unbind', { source: target.name(), destination: target.name() });
    await put(peer, { exchange: a });
    expect(await counts(peer, q)).to.deep.equal([0]);
  });

  it('end when either exchange is deleted', async () => {
    const peer = await target.channel();
    const [a, b] = [await exchange(target, peer), await exchange(target, peer)];
    const q = await queue(target, peer);
    await link(peer, a, b);
    await bind(peer, q, b);
    await peer.call(1, 'exchange.delete', { exchange: b });
    await peer.call(1, 'exchange.declare', { exchange: b, type: 'fanout' });
    await bind(peer, q, b);
    await put(peer, { exchange: a });
    expect(await counts(peer, q)).to.deep.equal([0]);
  });
});

describe('an alternate exchange', () => {
  const target = useTarget();
  const withAlternate = (name: string) => ({
    arguments: fromObject({ 'alternate-exchange': name }),
  });

  it('gets what its exchange cannot route, and nothing else', async () => {
    const peer = await target.channel();
    const alternate = await exchange(target, peer);
    const x = await exchange(target, peer, 'direct', withAlternate(alternate));
    const [q, rest] = [await queue(target, peer), await queue(target, peer)];
    await bind(peer, q, x, 'k');
    await bind(peer, rest, alternate);
    await put(peer, { exchange: x, routingKey: 'k' });
    await put(peer, { exchange: x, routingKey: 'l' }, {}, 'lost');
    expect(await counts(peer, q)).to.deep.equal([1]);
    expect(await counts(peer, rest)).to.deep.equal([1]);
    const got = await take(peer, rest);
    expect([got.exchange, got.routingKey, got.text]).to.deep.equal([x, 'l', 'lost']);
  });

  it('saves a mandatory message from its return', async () => {
    const peer = await target.channel();
    const alternate = await exchange(target, peer);
    const x = await exchange(target, peer, 'direct', withAlternate(alternate));
    const rest = await queue(target, peer);
    await bind(peer, rest, alternate);
    await peer.call(1, 'confirm.select');
    peer.publish(1, { exchange: x, routingKey: 'l', mandatory: true });
    await peer.expect(1, 'basic.ack');
    expect(await counts(peer, rest)).to.deep.equal([1]);
  });

  it('that routes nowhere either leaves it returned', async () => {
    const peer = await target.channel();
    const alternate = await exchange(target, peer);
    const x = await exchange(target, peer, 'direct', withAlternate(alternate));
    peer.publish(1, { exchange: x, routingKey: 'l', mandatory: true }, {}, 'back');
    const back = await peer.expectContent(1, 'basic.return');
    expect([back.exchange, back.text]).to.deep.equal([x, 'back']);
  });

  it('need not exist, and may be its own alternate by way of others', async () => {
    const peer = await target.channel();
    const [a, b] = [target.name('x'), target.name('x')];
    await peer.call(1, 'exchange.declare', { exchange: a, type: 'direct', ...withAlternate(b) });
    await put(peer, { exchange: a, routingKey: 'k' });
    await peer.call(1, 'exchange.declare', { exchange: b, type: 'direct', ...withAlternate(a) });
    peer.publish(1, { exchange: a, routingKey: 'k', mandatory: true });
    await peer.expectContent(1, 'basic.return');
  });

  it('acts for an exchange that is reached through another', async () => {
    const peer = await target.channel();
    const alternate = await exchange(target, peer);
    const inner = await exchange(target, peer, 'direct', withAlternate(alternate));
    const outer = await exchange(target, peer);
    const [q, rest] = [await queue(target, peer), await queue(target, peer)];
    await link(peer, outer, inner);
    await bind(peer, q, outer);
    await bind(peer, rest, alternate);
    await put(peer, { exchange: outer, routingKey: 'k' });
    expect(await counts(peer, q)).to.deep.equal([1]);
    expect(await counts(peer, rest)).to.deep.equal([1]);
  });
});

describe('an internal exchange', () => {
  const target = useTarget();

  it('takes messages from other exchanges', async () => {
    const peer = await target.channel();
    const inner = await exchange(target, peer, 'fanout', { internal: true });
    const outer = await exchange(target, peer);
    const q = await queue(target, peer);
    await link(peer, outer, inner);
    await bind(peer, q, inner);
    await put(peer, { exchange: outer });
    expect(await counts(peer, q)).to.deep.equal([1]);
  });
});

describe('an auto-delete exchange', () => {
  const target = useTarget();
  const autoDelete = { autoDelete: true };

  it('stays until it has had a binding', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'fanout', autoDelete);
    await peer.call(1, 'queue.unbind', { queue: await queue(target, peer), exchange: x });
    await peer.call(1, 'exchange.declare', { exchange: x, passive: true });
  });

  it('goes with its last binding', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'fanout', autoDelete);
    const [a, b] = [await queue(target, peer), await queue(target, peer)];
    await bind(peer, a, x);
    await bind(peer, b, x);
    await peer.call(1, 'queue.unbind', { queue: a, exchange: x });
    await peer.call(1, 'exchange.declare', { exchange: x, passive: true });
    await peer.call(1, 'queue.unbind', { queue: b, exchange: x });
    await expectNoExchange(peer, x);
  });

  it('goes with the last queue bound to it', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'fanout', autoDelete);
    const q = await queue(target, peer);
    await bind(peer, q, x);
    await peer.call(1, 'queue.delete', { queue: q });
    await expectNoExchange(peer, x);
  });

  it('takes the ones before it along', async () => {
    const peer = await target.channel();
    const first = await exchange(target, peer, 'fanout', autoDelete);
    const second = await exchange(target, peer, 'fanout', autoDelete);
    const q = await queue(target, peer);
    await link(peer, first, second);
    await bind(peer, q, second);
    await peer.call(1, 'queue.unbind', { queue: q, exchange: second });
    await expectNoExchange(peer, second);
    await expectNoExchange(peer, first);
  });

  it('does not go when a binding to it ends', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'fanout', autoDelete);
    const outer = await exchange(target, peer);
    await link(peer, outer, x);
    await peer.call(1, 'exchange.unbind', { source: outer, destination: x });
    await peer.call(1, 'exchange.declare', { exchange: x, passive: true });
  });
});

describe('declaring and deleting exchanges', () => {
  const target = useTarget();

  it('twice is well', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct', { durable: true });
    await peer.call(1, 'exchange.declare', { exchange: x, type: 'direct', durable: true });
    await peer.call(1, 'exchange.delete', { exchange: x });
    await peer.call(1, 'exchange.delete', { exchange: x });
    await expectNoExchange(peer, x);
  });

  it('ignores the other fields of a passive declaration', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer, 'direct');
    const fields = { exchange: x, type: 'topic', durable: true, internal: true, passive: true };
    await peer.call(1, 'exchange.declare', fields);
  });

  it('without waiting answers nothing', async () => {
    const peer = await target.channel();
    const x = target.name('x');
    peer.send(1, 'exchange.declare', { exchange: x, type: 'fanout', nowait: true });
    peer.send(1, 'exchange.bind', { source: x, destination: 'amq.fanout', nowait: true });
    peer.send(1, 'exchange.unbind', { source: x, destination: 'amq.fanout', nowait: true });
    await peer.call(1, 'exchange.declare', { exchange: x, passive: true });
    peer.send(1, 'exchange.delete', { exchange: x, nowait: true });
    await peer.fence(1);
    await expectNoExchange(peer, x);
    await peer.fence(1);
  });

  it('if unused spares only what is bound', async () => {
    const peer = await target.channel();
    const x = await exchange(target, peer);
    await bind(peer, await queue(target, peer), x);
    await peer.call(1, 'exchange.delete', { exchange: x });
    const y = await exchange(target, peer);
    await peer.call(1, 'exchange.delete', { exchange: y, ifUnused: true });
    await expectNoExchange(peer, y);
  });

  it('strips line ends from names', async () => {
    const peer = await target.channel();
    const x = target.name('x');
    await peer.call(1, 'exchange.declare', { exchange: `${x}\r\n`, type: 'direct' });
    await peer.call(1, 'exchange.declare', { exchange: x, passive: true });
  });
});
