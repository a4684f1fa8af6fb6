import { expect } from 'chai';
import { EMPTY_TABLE, fromObject } from '../../../protocol/table.ts';
import { BrokerError, type BrokerErrorKind, errors } from '../../../src/broker/errors.ts';
import type { ExchangeProperties } from '../../../src/broker/exchange.ts';
import type { VirtualHost } from '../../../src/broker/vhost.ts';
import { BrokerParts, bindingOf, exchangeOf, queueOf } from '../support/broker-parts.ts';

const PREDECLARED = [
  ['', 'direct', false],
  ['amq.direct', 'direct', false],
  ['amq.fanout', 'fanout', false],
  ['amq.topic', 'topic', false],
  ['amq.headers', 'headers', false],
  ['amq.match', 'headers', false],
  ['amq.rabbitmq.trace', 'topic', true],
];

describe('VirtualHost: exchanges', () => {
  let parts: BrokerParts;
  let vhost: VirtualHost;

  beforeEach(() => {
    parts = new BrokerParts();
    ({ vhost } = parts);
  });

  const names = () => Array.from(vhost.exchanges(), ({ name }) => name);
  const declare = (name: string, more: Partial<ExchangeProperties> = {}) =>
    vhost.declareExchange(exchangeOf(name, more));
  const refused = (act: () => void, kind: BrokerErrorKind, text: string) => {
    expect(act).to.throw(BrokerError, text).that.has.property('kind', kind);
  };

  it('starts with the predeclared ones (A3.5)', () => {
    const found = Array.from(vhost.exchanges(), ({ name, type, internal }) => [
      name,
      type.name,
      internal,
    ]);
    expect(found).to.deep.equal(PREDECLARED);
    for (const exchange of vhost.exchanges()) {
      expect(exchange).to.include({ durable: true, autoDelete: false });
      expect(exchange.arguments.size).to.equal(0);
    }
  });

  it('finds one by its name', () => {
    const exchange = declare('x', { type: 'topic' });
    expect(vhost.exchange('x')).to.equal(exchange);
    refused(() => vhost.exchange('y'), 'not-found', "no exchange 'y' in vhost '/'");
  });

  describe('declaring', () => {
    it('makes what was asked for, and tells', () => {
      const args = fromObject({ 'alternate-exchange': 'ae' });
      const exchange = declare('x', { type: 'fanout', durable: true, arguments: args });
      expect(exchange).to.include({ name: 'x', durable: true, alternate: 'ae', arguments: args });
      expect(parts.takeEvents()).to.deep.equal([
        [
          'exchange.created',
          {
            vhost: '/',
            ...exchangeOf('x', { type: 'fanout', durable: true, arguments: args }),
          },
        ],
      ]);
    });

    it('gives the same one when it is declared again', () => {
      const exchange = declare('x');
      parts.takeEvents();
      expect(declare('x')).to.equal(exchange);
      expect(declare('amq.topic', { type: 'topic', durable: true }).name).to.equal('amq.topic');
      expect(parts.takeEvents()).to.deep.equal([]);
    });

    it('refuses to declare it otherwise, and leaves it alone', () => {
      const exchange = declare('x');
      const inequivalent = (more: Partial<ExchangeProperties>, argument: string) =>
        refused(
          () => declare('x', more),
          'precondition-failed',
          `inequivalent arg '${argument}' for exchange 'x' in vhost '/'`,
        );
      inequivalent({ type: 'topic' }, 'type');
      inequivalent({ durable: true }, 'durable');
      inequivalent({ autoDelete: true }, 'auto_delete');
      inequivalent({ internal: true }, 'internal');
      expect(vhost.exchange('x')).to.equal(exchange);
    });

    it('refuses types that there are not, also for a name that exists', () => {
      const text = "unknown exchange type 'x-none'";
      refused(() => declare('x', { type: 'x-none' }), 'precondition-failed', text);
      refused(() => declare('amq.topic', { type: 'x-none' }), 'precondition-failed', text);
    });

    it('asks whether a new one may be, and not for one that exists', () => {
      let asked = 0;
      vhost.declareExchange(exchangeOf('x'), () => asked++);
      vhost.declareExchange(exchangeOf('x'), () => asked++);
      expect(asked).to.equal(1);
      const refuse = () => {
        throw errors.accessRefused('write', 'exchange', 'ae', '/', 'u');
      };
      const text = "write access to exchange 'ae' in vhost '/' refused for user 'u'";
      refused(() => vhost.declareExchange(exchangeOf('y'), refuse), 'access-refused', text);
      expect(names()).not.to.include('y');
    });

    it('refuses reserved names', () => {
      const text = "exchange name 'amq.mine' contains reserved prefix 'amq.*'";
      refused(() => declare('amq.mine'), 'access-refused', text);
      expect(declare('amqmine').name).to.equal('amqmine');
    });

    it('refuses arguments of a wrong type', () => {
      const more = { arguments: fromObject({ 'alternate-exchange': 1 }) };
      refused(() => declare('x', more), 'precondition-failed', 'alternate-exchange');
      expect(names()).not.to.include('x');
      expect(parts.takeEvents()).to.deep.equal([]);
    });
  });

  describe('deleting', () => {
    it('takes it away with its bindings, and tells', () => {
      declare('x');
      declare('y');
      vhost.declareQueue(queueOf('q'), null);
      vhost.bind(bindingOf('x', 'q'), null);
      vhost.bind(bindingOf('y', 'x', { kind: 'exchange' }), null);
      parts.takeEvents();
      vhost.deleteExchange('x', false);
      expect(names()).not.to.include('x');
      expect(vhost.exchange('y').isEmpty).to.equal(true);
      const gone = { vhost: '/', routingKey: '', arguments: EMPTY_TABLE };
      expect(parts.takeEvents()).to.deep.equal([
        [
          'binding.deleted',
          { ...gone, source: 'y', destination: 'x', destinationKind: 'exchange' },
        ],
        ['binding.deleted', { ...gone, source: 'x', destination: 'q', destinationKind: 'queue' }],
        ['exchange.deleted', { vhost: '/', name: 'x' }],
      ]);
    });

    it('is content with what is not there (A3.1)', () => {
      vhost.deleteExchange('none', true);
      expect(parts.takeEvents()).to.deep.equal([]);
    });

    it('refuses what is in use, if asked to: bindings from it count, not those to it', () => {
      declare('x');
      declare('y');
      vhost.bind(bindingOf('x', 'y', { kind: 'exchange' }), null);
      const text = "exchange 'x' in vhost '/' in use";
      refused(() => vhost.deleteExchange('x', true), 'precondition-failed', text);
      vhost.deleteExchange('y', true);
      vhost.deleteExchange('x', true);
      expect(names()).to.have.length(PREDECLARED.length);
    });

    it('refuses the system’s own', () => {
      for (const name of ['amq.direct', 'amq.rabbitmq.trace', 'amq.none']) {
        const text = `deletion of system exchange '${name}' in vhost '/' not allowed`;
        refused(() => vhost.deleteExchange(name, false), 'access-refused', text);
      }
    });
  });
});
