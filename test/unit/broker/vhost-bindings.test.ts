import { expect } from 'chai';
import { EMPTY_TABLE, fromObject } from '../../../protocol/table.ts';
import type { BindingDefinition } from '../../../src/broker/definitions.ts';
import { BrokerError, type BrokerErrorKind } from '../../../src/broker/errors.ts';
import type { VirtualHost } from '../../../src/broker/vhost.ts';
import { BrokerParts, bindingOf, exchangeOf, queueOf } from '../support/broker-parts.ts';

const ALWAYS = { ifUnused: false, ifEmpty: false };

describe('VirtualHost: bindings', () => {
  let parts: BrokerParts;
  let vhost: VirtualHost;

  beforeEach(() => {
    parts = new BrokerParts();
    ({ vhost } = parts);
    vhost.declareQueue(queueOf('q'), null);
    vhost.declareExchange(exchangeOf('x'));
    vhost.declareExchange(exchangeOf('y'));
    parts.takeEvents();
  });

  const bind = (source: string, destination: string, more: Partial<BindingDefinition> = {}) =>
    vhost.bind(bindingOf(source, destination, more), null);
  const unbind = (source: string, destination: string, more: Partial<BindingDefinition> = {}) =>
    vhost.unbind(bindingOf(source, destination, more), null);
  const routed = (exchange: string, key: string) =>
    vhost.resolve(exchange, [key], undefined).map((each) => (each as { name?: string }).name);
  const exists = (exchange: string) =>
    Array.from(vhost.exchanges(), ({ name }) => name).includes(exchange);
  const refused = (act: () => void, kind: BrokerErrorKind, text: string) => {
    expect(act).to.throw(BrokerError, text).that.has.property('kind', kind);
  };

  it('lead from an exchange to a queue, and are told of', () => {
    bind('x', 'q', { routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal(['q']);
    expect(routed('x', 'other')).to.deep.equal([]);
    const ends = { vhost: '/', source: 'x', destination: 'q', routingKey: 'k' };
    const event = { ...ends, arguments: EMPTY_TABLE };
    expect(parts.takeEvents()).to.deep.equal([
      ['binding.created', { ...event, destinationKind: 'queue' }],
    ]);
    unbind('x', 'q', { routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal([]);
    expect(parts.takeEvents()).to.deep.equal([
      ['binding.deleted', { ...event, destinationKind: 'queue' }],
    ]);
  });

  it('lead from an exchange to another', () => {
    bind('x', 'y', { kind: 'exchange', routingKey: 'k' });
    bind('y', 'q', { routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal(['q']);
    const [first] = parts.takeEvents() as [string, object][];
    expect(first?.[1]).to.include({ source: 'x', destination: 'y', destinationKind: 'exchange' });
    unbind('x', 'y', { kind: 'exchange', routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal([]);
  });

  it('tell a queue from an exchange of the same name', () => {
    vhost.declareExchange(exchangeOf('q', { type: 'fanout' }));
    vhost.declareQueue(queueOf('behind'), null);
    bind('q', 'behind');
    bind('x', 'q', { kind: 'exchange', routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal(['behind']);
    unbind('x', 'q', { routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal(['behind']);
    vhost.deleteQueue('q', ALWAYS, null);
    expect(routed('x', 'k')).to.deep.equal(['behind']);
  });

  it('are made once: key and arguments make the difference (A6.4)', () => {
    const more = { routingKey: 'k', arguments: fromObject({ a: 1 }) };
    bind('x', 'q', { routingKey: 'k' });
    bind('x', 'q', { routingKey: 'k' });
    bind('x', 'q', more);
    expect(parts.takeEvents()).to.have.length(2);
    expect([...vhost.exchange('x').bindings()]).to.have.length(2);
    unbind('x', 'q', { routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal(['q']);
    unbind('x', 'q', more);
    expect(routed('x', 'k')).to.deep.equal([]);
  });

  it('need both ends', () => {
    refused(() => bind('none', 'q'), 'not-found', "no exchange 'none' in vhost '/'");
    refused(() => bind('x', 'none'), 'not-found', "no queue 'none' in vhost '/'");
    const toExchange = () => bind('x', 'q', { kind: 'exchange' });
    refused(toExchange, 'not-found', "no exchange 'q' in vhost '/'");
    expect(parts.takeEvents()).to.deep.equal([]);
  });

  it('are refused with arguments that the exchange’s type does not take', () => {
    const more = { arguments: fromObject({ 'x-match': 'some' }) };
    refused(() => bind('amq.headers', 'q', more), 'precondition-failed', 'x-match');
    expect(vhost.exchange('amq.headers').isEmpty).to.equal(true);
  });

  it('may be taken away where nothing is: no binding, no end of it (A6.4)', () => {
    unbind('x', 'q');
    unbind('none', 'q');
    unbind('x', 'none');
    unbind('x', 'none', { kind: 'exchange' });
    expect(parts.takeEvents()).to.deep.equal([]);
  });

  it('may go round in circles', () => {
    const options = { kind: 'exchange', routingKey: 'k' } as const;
    bind('x', 'y', options);
    bind('y', 'x', options);
    bind('y', 'y', options);
    bind('y', 'q', { routingKey: 'k' });
    expect(routed('x', 'k')).to.deep.equal(['q']);
    expect(routed('y', 'k')).to.deep.equal(['q']);
  });

  describe('of auto-delete exchanges (A6.3)', () => {
    const declare = (name: string) => {
      vhost.declareExchange(exchangeOf(name, { type: 'fanout', autoDelete: true }));
    };

    it('take them along with the last', () => {
      declare('a');
      bind('a', 'q', { routingKey: '1' });
      bind('a', 'q', { routingKey: '2' });
      unbind('a', 'q', { routingKey: '1' });
      unbind('a', 'q', { routingKey: 'none' });
      expect(exists('a')).to.equal(true);
      parts.takeEvents();
      unbind('a', 'q', { routingKey: '2' });
      expect(exists('a')).to.equal(false);
      expect(parts.takeEvents().map((event) => (event as [string])[0])).to.deep.equal([
        'binding.deleted',
        'exchange.deleted',
      ]);
    });

    it('leave one that never had any, and those that only lead to it', () => {
      declare('a');
      bind('x', 'a', { kind: 'exchange' });
      unbind('x', 'a', { kind: 'exchange' });
      expect(exists('a')).to.equal(true);
    });

    it('take them along when the queue goes, and from there on up the chain', () => {
      for (const name of ['a', 'b', 'c']) declare(name);
      bind('a', 'b', { kind: 'exchange' });
      bind('b', 'c', { kind: 'exchange' });
      bind('c', 'q');
      vhost.deleteQueue('q', ALWAYS, null);
      expect(['a', 'b', 'c'].filter(exists)).to.deep.equal([]);
      const deleted = parts.takeOtherEvents().filter((event) => /deleted/.test(`${event}`));
      // Each once; the queue last, since its messages are counted when all is done.
      const names = deleted.map((event) => (event as [string, { name: string }])[1].name);
      expect(names.pop()).to.equal('q');
      expect(names.sort()).to.deep.equal(['a', 'b', 'c']);
    });

    it('stop where an exchange has another binding, or is no auto-delete one', () => {
      for (const name of ['a', 'b', 'c']) declare(name);
      bind('x', 'a', { kind: 'exchange' });
      bind('a', 'b', { kind: 'exchange' });
      bind('b', 'c', { kind: 'exchange' });
      bind('b', 'y', { kind: 'exchange' });
      vhost.deleteExchange('c', false);
      expect(['a', 'b', 'c', 'x'].filter(exists)).to.deep.equal(['a', 'b', 'x']);
      vhost.deleteExchange('y', false);
      expect(['a', 'b', 'x'].filter(exists)).to.deep.equal(['x']);
    });

    it('survive a circle', () => {
      for (const name of ['a', 'b']) declare(name);
      bind('a', 'b', { kind: 'exchange' });
      bind('b', 'a', { kind: 'exchange' });
      bind('a', 'q');
      vhost.deleteQueue('q', ALWAYS, null);
      expect(['a', 'b'].filter(exists)).to.deep.equal(['a', 'b']);
      unbind('a', 'b', { kind: 'exchange' });
      expect(['a', 'b'].filter(exists)).to.deep.equal([]);
      const deleted = parts.takeEvents().filter((event) => /exchange.deleted/.test(`${event}`));
      expect(deleted).to.have.length(2);
    });
  });
});
