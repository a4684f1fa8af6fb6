// x-recent-history and x-message-deduplication: exchanges that remember.
import { expect } from 'chai';
import { encodeProperties } from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import type { Destination } from '../../../src/broker/routes.ts';
import {
  BrokerParts,
  bindingOf,
  bodyOf,
  exchangeOf,
  messageOf,
  queueOf,
} from '../support/broker-parts.ts';

describe('Exchanges that remember', () => {
  let parts: BrokerParts;

  beforeEach(() => {
    parts = new BrokerParts();
  });

  const declare = (name: string, type: string, args: Record<string, unknown> = {}) =>
    parts.vhost.declareExchange(exchangeOf(name, { type, arguments: fromObject(args) }));
  const bound = (exchange: string, name: string) => {
    const queue = parts.vhost.declareQueue(queueOf(name), null);
    parts.vhost.bind(bindingOf(exchange, name), null);
    return queue;
  };
  const publish = (exchange: string, body: string, headers: Record<string, unknown> = {}) => {
    const table = fromObject(headers);
    const message = messageOf(body, encodeProperties({ headers: table }));
    const found = parts.vhost.resolve(exchange, ['k'], table, message);
    for (const each of found as Destination[]) each.publish(message, null);
  };
  const bodies = (name: string) =>
    Array.from(parts.vhost.queue(name, null).entries(), ({ message }) => `${bodyOf(message)}`);

  describe('x-recent-history (A6.7)', () => {
    it('gives the last messages to what is bound later', () => {
      declare('x', 'x-recent-history', { 'x-recent-history-length': 2 });
      bound('x', 'early');
      for (const body of ['a', 'b', 'c']) publish('x', body);
      bound('x', 'late');
      expect(bodies('early')).to.deep.equal(['a', 'b', 'c']);
      expect(bodies('late')).to.deep.equal(['b', 'c']);
      publish('x', 'd');
      expect(bodies('late')).to.deep.equal(['b', 'c', 'd']);
    });

    it('leaves out what says so, keeps 20, and gives all memory back', () => {
      declare('x', 'x-recent-history');
      for (let i = 0; i < 25; i++) publish('x', `${i}`);
      publish('x', 'secret', { 'x-recent-history-no-store': true });
      bound('x', 'q');
      expect(bodies('q')).to.deep.equal(Array.from({ length: 20 }, (_, i) => `${i + 5}`));
      parts.vhost.queue('q', null).purge();
      parts.vhost.deleteExchange('x', false);
      expect(parts.broker.memory.usedBytes).to.equal(0);
    });

    it('replays through an exchange that is bound to it', () => {
      declare('x', 'x-recent-history');
      publish('x', 'a');
      declare('y', 'fanout');
      bound('y', 'q');
      parts.vhost.bind(bindingOf('x', 'y', { kind: 'exchange' }), null);
      expect(bodies('q')).to.deep.equal(['a']);
    });

    it('refuses a length that is none', () => {
      for (const length of [0, -1, 'x', true]) {
        expect(() =>
          declare('x', 'x-recent-history', { 'x-recent-history-length': length }),
        ).to.throw(/Invalid argument .+, 'x-recent-history-length' must be a positive integer/);
      }
    });
  });

  describe('x-message-deduplication (A6.9)', () => {
    const dup = (value: unknown) => ({ 'x-deduplication-header': value });

    it('lets a value through once while it is remembered', () => {
      declare('x', 'x-message-deduplication', { 'x-cache-size': 2, 'x-cache-ttl': 100 });
      bound('x', 'q');
      for (const value of ['a', 'a', 'b', 1, '1']) publish('x', String(value), dup(value));
      expect(bodies('q')).to.deep.equal(['a', 'b', '1', '1']);
      publish('x', 'no header');
      publish('x', 'no header');
      // Two are remembered: the number 1 and the text 1.
      publish('x', 'b', dup('b'));
      parts.clock.advance(101);
      publish('x', '1', dup('1'));
      expect(bodies('q').slice(4)).to.deep.equal(['no header', 'no header', 'b', '1']);
    });

    it('refuses sizes and times that are none', () => {
      const args = (more: Record<string, unknown>) => () =>
        declare('x', 'x-message-deduplication', more);
      expect(args({})).to.throw("'x-cache-size' is missing");
      expect(args({ 'x-cache-size': 0 })).to.throw("'x-cache-size' must be an integer");
      expect(args({ 'x-cache-size': 1, 'x-cache-ttl': -1 })).to.throw("'x-cache-ttl' must be");
      expect(args({ 'x-cache-size': 1, 'x-cache-persistence': 'tape' })).to.throw(
        "'x-cache-persistence' must be either memory or disk",
      );
    });
  });
});
