// What is written on a dead letter, as a function of message and death. Reference: A8.2-A8.6.
import { expect } from 'chai';
import { encodeProperties, type Properties } from '../../../protocol/properties.ts';
import { type FieldTable, type FieldValue, fromObject } from '../../../protocol/table.ts';
import { type Death, deadLetterOf, isCycle } from '../../../src/broker/dead-letter.ts';
import { propertiesOf } from '../../../src/broker/message-properties.ts';
import { ADDRESS, bodyOf, messageOf } from '../support/broker-parts.ts';

const DEATH: Death = {
  queue: 'q',
  reason: 'rejected',
  timeMs: 5_999,
  exchange: 'dlx',
  routingKey: null,
  trustsClients: true,
};
const text = (value: string): FieldValue => ({ type: 'S', value });
const deathsIn = (headers: FieldTable): FieldTable[] =>
  ((headers.get('x-death') as FieldValue).value as readonly FieldValue[]).map(
    ({ value }) => value as FieldTable,
  );
const die = (properties: Properties, death: Partial<Death> = {}) =>
  deadLetterOf(messageOf('body', encodeProperties(properties)), { ...DEATH, ...death });

describe('A dead letter', () => {
  it('has an entry with all that RabbitMQ writes, in its order (A8.2)', () => {
    const { message, headers } = die({ expiration: '60', type: 'kept' });
    expect([...(deathsIn(headers)[0] as FieldTable)]).to.deep.equal([
      ['count', { type: 'l', value: 1 }],
      ['reason', text('rejected')],
      ['queue', text('q')],
      ['time', { type: 'T', value: 5 }],
      ['exchange', text(ADDRESS.exchange)],
      ['routing-keys', { type: 'A', value: [text(ADDRESS.routingKey)] }],
      ['original-expiration', text('60')],
    ]);
    expect(propertiesOf(message)).to.deep.equal({ type: 'kept', headers });
    expect(bodyOf(message).toString()).to.equal('body');
  });

  it('tells the first death for good, and the last one (A8.3)', () => {
    const first = die({});
    const { headers } = deadLetterOf(first.message, { ...DEATH, queue: 'r', reason: 'expired' });
    const named = [...headers].filter(([name]) => name !== 'x-death');
    expect(named.map(([name, { value }]) => [name, value])).to.deep.equal([
      ['x-first-death-exchange', ADDRESS.exchange],
      ['x-first-death-queue', 'q'],
      ['x-first-death-reason', 'rejected'],
      ['x-last-death-exchange', 'dlx'],
      ['x-last-death-queue', 'r'],
      ['x-last-death-reason', 'expired'],
    ]);
  });

  it('continues the history of whoever published it, or begins anew (A8.6)', () => {
    const earlier = die({}).message;
    const republished = messageOf('body', encodeProperties(propertiesOf(earlier)));
    const counts = (headers: FieldTable) =>
      deathsIn(headers).map((death) => (death.get('count') as FieldValue).value);
    expect(counts(deadLetterOf(republished, DEATH).headers)).to.deep.equal([2]);
    const modern = { ...DEATH, queue: 'r', trustsClients: false };
    const anew = deadLetterOf(republished, modern);
    expect(counts(anew.headers)).to.deep.equal([1]);
    expect(anew.headers.get('x-first-death-queue')?.value).to.equal('r');
    expect(counts(deadLetterOf(anew.message, modern).headers)).to.deep.equal([2]);
    expect(counts(deadLetterOf(earlier, { ...modern, queue: 'q' }).headers)).to.deep.equal([2]);
  });

  it('goes by the keys that it had, or by a new one alone (A8.5)', () => {
    const headers = fromObject({ CC: ['c1', 'c2'] });
    const kept = die({ headers });
    expect(kept.routingKeys).to.deep.equal([ADDRESS.routingKey, 'c1', 'c2']);
    expect(kept.headers.has('CC')).to.equal(true);
    const renamed = die({ headers }, { routingKey: 'new' });
    expect(renamed.routingKeys).to.deep.equal(['new']);
    expect(renamed.headers.has('CC')).to.equal(false);
    expect(renamed.message.address).to.include({ exchange: 'dlx', routingKey: 'new' });
    const [death] = deathsIn(renamed.headers);
    expect(death?.get('routing-keys')?.value).to.have.length(3);
  });

  it('counts the same queue and reason, and puts it in front', () => {
    let { message } = die({});
    for (const queue of ['r', 'q', 'q']) {
      ({ message } = deadLetterOf(message, { ...DEATH, queue }));
    }
    const deaths = deathsIn(propertiesOf(message).headers as FieldTable);
    const shown = deaths.map((each) => [each.get('queue')?.value, each.get('count')?.value]);
    expect(shown).to.deep.equal([
      ['q', 3],
      ['r', 1],
    ]);
    expect([...(deaths[0] as FieldTable).keys()]).to.deep.equal([
      'count',
      'exchange',
      'queue',
      'reason',
      'routing-keys',
      'time',
    ]);
  });

  it('goes on with what a client or an old broker wrote (A8.6)', () => {
    const old = { queue: 'old', reason: 'expired' };
    const own = { queue: 'q', reason: 'rejected', count: 4 };
    const { headers } = die({ headers: fromObject({ 'x-death': [old, own, old, 'odd', old] }) });
    const entries = headers.get('x-death')?.value as readonly FieldValue[];
    const shown = entries.map(({ type, value }) =>
      type === 'F' ? [value.get('queue')?.value, value.get('count')?.value] : value,
    );
    expect(shown).to.deep.equal([['q', 5], ['old', 3], 'odd']);
    expect(deathsIn(die({ headers: fromObject({ 'x-death': 'none' }) }).headers)).to.have.length(1);
  });
});

describe('A cycle (A8.4)', () => {
  const cycle = (deaths: readonly (readonly [string, string])[], queue: string) =>
    isCycle(
      fromObject({ 'x-death': deaths.map(([name, reason]) => ({ queue: name, reason })) }),
      queue,
    );

  it('is a way back without a rejection', () => {
    expect(
      cycle(
        [
          ['a', 'expired'],
          ['b', 'maxlen'],
        ],
        'b',
      ),
    ).to.equal(true);
    expect(
      cycle(
        [
          ['a', 'expired'],
          ['b', 'maxlen'],
        ],
        'c',
      ),
    ).to.equal(false);
    expect(
      cycle(
        [
          ['a', 'rejected'],
          ['b', 'maxlen'],
        ],
        'b',
      ),
    ).to.equal(false);
    expect(
      cycle(
        [
          ['a', 'expired'],
          ['b', 'rejected'],
        ],
        'b',
      ),
    ).to.equal(false);
    expect(
      cycle(
        [
          ['b', 'expired'],
          ['a', 'rejected'],
        ],
        'b',
      ),
    ).to.equal(true);
    expect(isCycle(new Map(), 'b')).to.equal(false);
  });
});
