// Policies and operator policies: which applies, how they merge with arguments, and that they apply
// at once. Reference: compatibility B.2, A.5.
import { expect } from 'chai';
import { EMPTY_TABLE, fromObject } from '../../../protocol/table.ts';
import { Policy, type PolicyDefinition, PolicyError } from '../../../src/broker/policies/policy.ts';
import { effectiveSettings, mergedDefinition } from '../../../src/broker/policies/settings.ts';
import { FakeMetadata } from '../../support/fake-metadata.ts';
import { BrokerParts, bindingOf, exchangeOf, messageOf, queueOf } from '../support/broker-parts.ts';

const policyOf = (definition: Record<string, unknown>, more: Partial<PolicyDefinition> = {}) => ({
  name: 'p',
  pattern: '',
  definition,
  ...more,
});

describe('A policy', () => {
  const refusal = (given: unknown, isOperator = false): string => {
    try {
      new Policy(given as PolicyDefinition, isOperator);
      return 'ok';
    } catch (error) {
      expect(error).to.be.instanceOf(PolicyError);
      return (error as Error).message.replace('Validation failed\n\n', '');
    }
  };

  for (const [key, value, reason] of [
    ['message-ttl', -1, '-1 is not a valid message TTL'],
    ['message-ttl', '5', '<<"5">> is not a valid message TTL'],
    ['message-ttl', 0, 'ok'],
    ['expires', 0, '0 is not a valid queue expiry'],
    ['max-length', 1.5, '1.5 is not a valid maximum length'],
    ['max-length-bytes', -1, '-1 is not a valid maximum length in bytes'],
    ['overflow', 'x', '<<"x">> is not a valid overflow value'],
    ['overflow', 'reject-publish-dlx', 'ok'],
    ['dead-letter-exchange', 1, '1 is not a valid dead letter exchange name'],
    ['alternate-exchange', true, 'true is not a valid alternate exchange name'],
    ['delivery-limit', -1, 'ok'],
    ['queue-version', 2, 'ok'],
    ['queue-version', 3, '3 is not a valid queue version'],
    ['max-age', '7D', 'ok'],
    ['delayed', true, 'ok'],
    ['something', 1, '["something"] are not recognised policy settings'],
  ] as const) {
    it(`with ${key} ${value}: ${reason}`, () => {
      expect(refusal(policyOf({ [key]: value }))).to.equal(reason);
    });
  }

  it('has a pattern, a known apply-to, a priority and a definition', () => {
    expect(refusal(policyOf({}))).to.equal('no policy provided');
    expect(refusal(policyOf({ expires: 1 }, { pattern: '(' }))).to.match(/^pattern should be reg/);
    expect(refusal({ name: 'p', pattern: 1, definition: { expires: 1 } })).to.match(/^pattern/);
    const odd = { 'apply-to': 'people' } as unknown as Partial<PolicyDefinition>;
    expect(refusal(policyOf({ expires: 1 }, odd))).to.match(/^apply-to 'people' unrecognised/);
    expect(refusal(policyOf({ expires: 1 }, { priority: 0.5 }))).to.match(/^priority should be/);
    expect(refusal({ name: 'p', pattern: '', definition: [] })).to.match(/^definition should be/);
  });

  it('of an operator has fewer keys', () => {
    expect(refusal(policyOf({ 'max-length': 1 }), true)).to.equal('ok');
    expect(refusal(policyOf({ 'dead-letter-exchange': 'x' }), true)).to.match(/not recognised/);
  });

  it('matches anywhere in a name, what it applies to', () => {
    const matches = (
      applyTo: PolicyDefinition['apply-to'],
      target: Parameters<Policy['matches']>[0],
    ) =>
      new Policy(policyOf({ expires: 1 }, { pattern: 'b', 'apply-to': applyTo }), false).matches(
        target,
      );
    const quorum = { kind: 'queue', name: 'abc', type: 'quorum' } as const;
    const exchange = { kind: 'exchange', name: 'abc', type: {} } as const;
    expect(
      ['all', 'queues', 'quorum_queues', 'classic_queues', 'exchanges'].map((each) =>
        matches(each as PolicyDefinition['apply-to'], quorum),
      ),
    ).to.deep.equal([true, true, true, false, false]);
    expect(matches('exchanges', exchange)).to.equal(true);
    expect(matches('queues', exchange)).to.equal(false);
    expect(matches('all', { ...quorum, name: 'xyz' })).to.equal(false);
  });
});

describe('Merging policies', () => {
  const user = (definition: Record<string, unknown>) => new Policy(policyOf(definition), false);
  const operator = (definition: Record<string, unknown>) => new Policy(policyOf(definition), true);

  it('takes the lesser of two limits, and the operator’s of other values', () => {
    const merged = mergedDefinition(
      user({ 'max-length': 10, expires: 5, overflow: 'drop-head', 'dead-letter-exchange': 'x' }),
      operator({ 'max-length': 20, expires: 3, overflow: 'reject-publish', 'message-ttl': 7 }),
    );
    expect(merged).to.deep.equal({
      'max-length': 10,
      expires: 3,
      overflow: 'reject-publish',
      'dead-letter-exchange': 'x',
      'message-ttl': 7,
    });
  });

  it('takes the lesser of an argument and a policy, and otherwise the argument', () => {
    const args = fromObject({
      'x-message-ttl': 100,
      'x-max-length': 5,
      'x-dead-letter-exchange': 'own',
      'x-overflow': 'reject-publish',
    });
    const policy = user({
      'message-ttl': 50,
      'max-length': 10,
      'max-length-bytes': 7,
      'dead-letter-exchange': 'other',
      'dead-letter-routing-key': 'k',
      overflow: 'drop-head',
    });
    expect(effectiveSettings(args, 'classic', policy, null)).to.include({
      messageTtlMs: 50,
      maxLength: 5,
      maxLengthBytes: 7,
      deadLetterExchange: 'own',
      deadLetterRoutingKey: 'k',
      overflow: 'reject-publish',
    });
    expect(effectiveSettings(args, 'quorum', policy, null).overflow).to.equal('drop-head');
    expect(
      effectiveSettings(args, 'classic', null, operator({ overflow: 'drop-head' })).overflow,
    ).to.equal('drop-head');
  });

  it('takes no limit of deliveries for what it is', () => {
    const limit = (value: number, args: Record<string, unknown>) =>
      effectiveSettings(fromObject(args), 'quorum', user({ 'delivery-limit': value }), null)
        .deliveryLimit;
    expect(limit(5, { 'x-delivery-limit': 3 })).to.equal(3);
    expect(limit(5, { 'x-delivery-limit': -1 })).to.equal(-1);
    expect(limit(5, {})).to.equal(5);
  });
});

describe('Policies of a virtual host', () => {
  let parts: BrokerParts;

  beforeEach(() => {
    parts = new BrokerParts();
  });

  const set = (
    name: string,
    definition: Record<string, unknown>,
    more: Partial<PolicyDefinition> = {},
  ) => parts.vhost.policies.set('policy', policyOf(definition, { name, ...more }));
  const declare = (name: string) => parts.vhost.declareQueue(queueOf(name), null);
  const fill = (name: string, count: number) => {
    for (let i = 0; i < count; i++) parts.vhost.queue(name, null).publish(messageOf(`${i}`), null);
  };

  it('apply to queues that are there and to new ones, at once, and are undone at once', () => {
    const queue = declare('q');
    fill('q', 5);
    set('short', { 'max-length': 2 });
    parts.turns.run();
    expect(queue.readyCount).to.equal(2);
    declare('r');
    fill('r', 5);
    expect(parts.vhost.queue('r', null).readyCount).to.equal(2);
    expect(parts.vhost.policies.clear('policy', 'short')).to.equal(true);
    fill('q', 5);
    expect(queue.readyCount).to.equal(7);
    expect(parts.vhost.policies.clear('policy', 'short')).to.equal(false);
  });

  it('of the highest priority wins', () => {
    const queue = declare('q');
    set('low', { expires: 1000 }, { priority: 1 });
    set('high', { 'max-length': 1 }, { priority: 2 });
    set('other', { 'max-length': 9 }, { priority: 3, pattern: '^x' });
    expect(parts.vhost.policies.nameFor('policy', queue)).to.equal('high');
    expect(parts.vhost.policies.definitionFor(queue)).to.deep.equal({ 'max-length': 1 });
    set('high', { 'max-length': 3 }, { priority: 0 });
    expect(parts.vhost.policies.nameFor('policy', queue)).to.equal('low');
  });

  it('expire what is published after them', () => {
    const queue = declare('q');
    fill('q', 1);
    set('ttl', { 'message-ttl': 10 });
    parts.turns.run();
    parts.clock.advance(20);
    expect(queue.readyCount).to.equal(1);
    queue.get(true);
    fill('q', 1);
    parts.clock.advance(10);
    expect(queue.readyCount).to.equal(0);
  });

  it('give exchanges an alternate, unless they have one', () => {
    const own = fromObject({ 'alternate-exchange': 'own' });
    const exchange = parts.vhost.declareExchange(exchangeOf('x'));
    const other = parts.vhost.declareExchange(exchangeOf('y', { arguments: own }));
    parts.vhost.declareExchange(exchangeOf('spare', { type: 'fanout' }));
    declare('q');
    parts.vhost.bind(bindingOf('spare', 'q'), null);
    expect(parts.vhost.route('x', 'k').destinations).to.deep.equal([]);
    set('ae', { 'alternate-exchange': 'spare' }, { pattern: '^[xy]$' });
    expect([exchange.alternate, other.alternate]).to.deep.equal(['spare', 'own']);
    expect(parts.vhost.route('x', 'k').destinations).to.have.length(1);
    parts.vhost.policies.clear('policy', 'ae');
    expect(parts.vhost.route('x', 'k').destinations).to.deep.equal([]);
  });

  it('tell what they change', () => {
    const events: unknown[] = [];
    const names = [
      'policy.set',
      'policy.cleared',
      'queue.policy.updated',
      'queue.policy.cleared',
    ] as const;
    for (const name of names) parts.broker.events.on(name, (event) => events.push([name, event]));
    declare('q');
    set('p', { 'max-length': 1 }, { pattern: 'q' });
    parts.vhost.policies.clear('policy', 'p');
    const definition = {
      name: 'p',
      pattern: 'q',
      'apply-to': 'all',
      priority: 0,
      definition: { 'max-length': 1 },
    };
    expect(events).to.deep.equal([
      ['policy.set', { vhost: '/', kind: 'policy', ...definition }],
      ['queue.policy.updated', { vhost: '/', name: 'q', policy: 'p' }],
      ['policy.cleared', { vhost: '/', kind: 'policy', name: 'p' }],
      ['queue.policy.cleared', { vhost: '/', name: 'q' }],
    ]);
  });

  it('come back after a restart', () => {
    const metadata = new FakeMetadata();
    const before = new BrokerParts(1e9, ['/'], metadata);
    before.broker.recover(() => undefined);
    before.vhost.declareQueue(queueOf('q', { durable: true, arguments: EMPTY_TABLE }), null);
    before.vhost.policies.set('policy', policyOf({ 'max-length': 1 }));
    before.vhost.policies.set('operator-policy', policyOf({ expires: 9 }));
    before.vhost.policies.set('policy', policyOf({ 'max-length': 2 }, { name: 'gone' }));
    before.vhost.policies.clear('policy', 'gone');
    const after = new BrokerParts(1e9, ['/'], metadata);
    const reports: string[] = [];
    after.broker.recover((line) => reports.push(line));
    expect(reports).to.deep.equal([]);
    const queue = after.vhost.queue('q', null);
    expect(after.vhost.policies.definitionFor(queue)).to.deep.equal({
      'max-length': 1,
      expires: 9,
    });
    expect([...after.vhost.policies.all('policy')].map(({ name }) => name)).to.deep.equal(['p']);
  });
});
