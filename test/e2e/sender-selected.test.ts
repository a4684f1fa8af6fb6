// CC and BCC: more routing keys for one message. Reference: compatibility A9.6 and A.4 (invalid
// message).
import { expect } from 'chai';
import { encodeProperties } from '../../protocol/properties.ts';
import type { FieldTable, FieldValue } from '../../protocol/table.ts';
import { useTarget } from '../support/target.ts';
import { bind, counts, exchange, put, queue, take } from '../support/topology.ts';

const text = (value: string): FieldValue => ({ type: 'S', value });
const keys = (...values: string[]): FieldValue => ({ type: 'A', value: values.map(text) });
const headers = (fields: Record<string, FieldValue>): FieldTable => new Map(Object.entries(fields));

describe('CC and BCC', () => {
  const target = useTarget();

  it('add routing keys on the default exchange', async () => {
    const peer = await target.channel();
    const [a, b, c] = [
      await queue(target, peer),
      await queue(target, peer),
      await queue(target, peer),
    ];
    const both = headers({ CC: keys(b), BCC: keys(c), other: text('x') });
    await put(peer, { routingKey: a }, { headers: both }, 'm');
    for (const name of [a, b, c]) {
      const got = await take(peer, name);
      expect(got).to.include({ exchange: '', routingKey: a, text: 'm' });
      expect(got.properties.headers).to.deep.equal(headers({ CC: keys(b), other: text('x') }));
    }
  });

  it('keep CC as it was written', async () => {
    const peer = await target.channel();
    const [a, b] = [await queue(target, peer), await queue(target, peer)];
    const properties = { headers: headers({ CC: keys(b) }), messageId: 'm' };
    await put(peer, { routingKey: a }, properties);
    expect((await take(peer, b)).propertyBytes).to.deep.equal(encodeProperties(properties));
  });

  it('leave an empty table where BCC was the only header', async () => {
    const peer = await target.channel();
    const [a, b] = [await queue(target, peer), await queue(target, peer)];
    await put(peer, { routingKey: a }, { headers: headers({ BCC: keys(b) }) });
    expect((await take(peer, a)).properties).to.deep.equal({ headers: new Map() });
    expect((await take(peer, b)).properties).to.deep.equal({ headers: new Map() });
  });

  it('give a queue one copy', async () => {
    const peer = await target.channel();
    const a = await queue(target, peer);
    const x = await exchange(target, peer, 'topic');
    await bind(peer, a, x, '#');
    await put(peer, { exchange: x, routingKey: 'k' }, { headers: headers({ CC: keys('l', 'm') }) });
    await put(peer, { routingKey: a }, { headers: headers({ CC: keys(a), BCC: keys(a) }) });
    expect(await counts(peer, a)).to.deep.equal([2]);
  });

  it('route on direct and topic exchanges', async () => {
    const peer = await target.channel();
    const [a, b] = [await queue(target, peer), await queue(target, peer)];
    const direct = await exchange(target, peer, 'direct');
    const topic = await exchange(target, peer, 'topic');
    await bind(peer, a, direct, 'second');
    await bind(peer, b, topic, '*.two');
    const more = headers({ CC: keys('second', 'one.two') });
    await put(peer, { exchange: direct, routingKey: 'first' }, { headers: more });
    await put(peer, { exchange: topic, routingKey: 'first' }, { headers: more });
    expect(await counts(peer, a, b)).to.deep.equal([1, 1]);
    expect((await take(peer, b)).routingKey).to.equal('first');
  });

  it('make a mandatory message routed', async () => {
    const peer = await target.channel();
    const a = await queue(target, peer);
    const routingKey = target.name();
    await put(peer, { routingKey, mandatory: true }, { headers: headers({ BCC: keys(a) }) });
    expect(await counts(peer, a)).to.deep.equal([1]);
  });

  it('leave the first key to the message that is returned', async () => {
    const peer = await target.channel();
    const nowhere = { exchange: 'amq.direct', routingKey: 'wt.first', mandatory: true };
    peer.publish(1, nowhere, { headers: headers({ CC: keys('wt.second') }) });
    expect((await peer.expectContent(1, 'basic.return')).routingKey).to.equal('wt.first');
  });

  it('skip what is no text among the keys', async () => {
    const peer = await target.channel();
    const [a, b] = [await queue(target, peer), await queue(target, peer)];
    const mixed: FieldValue = { type: 'A', value: [{ type: 'I', value: 1 }, text(b)] };
    await put(peer, { routingKey: a }, { headers: headers({ CC: mixed }) });
    expect(await counts(peer, a, b)).to.deep.equal([1, 1]);
  });

  it('are told apart from headers of other names', async () => {
    const peer = await target.channel();
    const [a, b] = [await queue(target, peer), await queue(target, peer)];
    const others = headers({ cc: keys(b), Bcc: keys(b), CCC: keys(b) });
    await put(peer, { routingKey: a }, { headers: others });
    expect(await counts(peer, a, b)).to.deep.equal([1, 0]);
    expect((await take(peer, a)).properties.headers).to.deep.equal(others);
  });
});
