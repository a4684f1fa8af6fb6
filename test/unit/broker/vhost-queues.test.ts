import { expect } from 'chai';
import { fromObject } from '../../../protocol/table.ts';
import type { QueueDefinition } from '../../../src/broker/definitions.ts';
import { BrokerError, type BrokerErrorKind, errors } from '../../../src/broker/errors.ts';
import type { VirtualHost } from '../../../src/broker/vhost.ts';
import { BrokerParts, bindingOf, exchangeOf, messageOf, queueOf } from '../support/broker-parts.ts';
import { FakeConsumer } from '../support/fake-consumer.ts';

const ALWAYS = { ifUnused: false, ifEmpty: false };
/** Two connections. */
const OWNER = {};
const STRANGER = {};

describe('VirtualHost: queues', () => {
  let parts: BrokerParts;
  let vhost: VirtualHost;

  beforeEach(() => {
    parts = new BrokerParts();
    ({ vhost } = parts);
  });

  const names = () => Array.from(vhost.queues(), ({ name }) => name);
  const declare = (name: string, more: Partial<QueueDefinition> = {}, owner: object = OWNER) =>
    vhost.declareQueue(queueOf(name, more), owner);
  const refused = (act: () => void, kind: BrokerErrorKind, text: string) => {
    expect(act).to.throw(BrokerError, text).that.has.property('kind', kind);
  };

  describe('declaring', () => {
    it('makes what was asked for, and tells', () => {
      const args = fromObject({ 'x-max-length': 10 });
      const queue = declare('q', { durable: true, autoDelete: true, arguments: args });
      expect(queue).to.include({
        name: 'q',
        vhost: '/',
        durable: true,
        autoDelete: true,
        owner: null,
        arguments: args,
      });
      expect(vhost.queue('q', STRANGER)).to.equal(queue);
      const flags = { durable: true, autoDelete: true, exclusive: false, arguments: args };
      expect(parts.takeEvents()).to.deep.equal([
        ['queue.created', { vhost: '/', name: 'q', ...flags }],
      ]);
    });

    it('makes a name where there is none (A3.9)', () => {
      const [a, b] = [declare(''), declare('')];
      expect(a.name).to.match(/^amq\.gen-[\w-]{22}$/);
      expect(b.name).not.to.equal(a.name);
      expect(names()).to.deep.equal([a.name, b.name]);
    });

    it('gives the same one when it is declared again, contents and all', () => {
      const queue = declare('q');
      queue.publish(messageOf('a'), null);
      parts.takeEvents();
      expect(declare('q', {}, STRANGER)).to.equal(queue);
      expect(queue.readyCount).to.equal(1);
      expect(parts.takeEvents()).to.deep.equal([]);
    });

    it('refuses to declare a generated one by its name', () => {
      const { name } = declare('');
      const text = `queue name '${name}' contains reserved prefix 'amq.*'`;
      refused(() => declare(name), 'access-refused', text);
    });

    it('asks whether a new one may be, by its final name, and not for one that exists', () => {
      const asked: string[] = [];
      const ask = (name: string) => void asked.push(name);
      vhost.declareQueue(queueOf('q'), OWNER, ask);
      vhost.declareQueue(queueOf('q'), OWNER, ask);
      const { name } = vhost.declareQueue(queueOf(''), OWNER, ask);
      expect(asked).to.deep.equal(['q', name]);
      const refuse = () => {
        throw errors.accessRefused('configure', 'queue', 'r', '/', 'u');
      };
      const text = "configure access to queue 'r' in vhost '/' refused for user 'u'";
      refused(() => vhost.declareQueue(queueOf('r'), OWNER, refuse), 'access-refused', text);
      expect(names()).to.deep.equal(['q', name]);
    });

    it('refuses to declare it otherwise', () => {
      declare('q');
      const inequivalent = (more: Partial<QueueDefinition>, argument: string) =>
        refused(
          () => declare('q', more),
          'precondition-failed',
          `inequivalent arg '${argument}' for queue 'q' in vhost '/'`,
        );
      inequivalent({ durable: true }, 'durable');
      inequivalent({ autoDelete: true }, 'auto_delete');
      inequivalent({ arguments: fromObject({ 'x-max-length': 1 }) }, 'x-max-length');
    });

    it('refuses reserved names and arguments that may not be', () => {
      const text = "queue name 'amq.mine' contains reserved prefix 'amq.*'";
      refused(() => declare('amq.mine'), 'access-refused', text);
      const more = { arguments: fromObject({ 'x-message-ttl': -1 }) };
      refused(() => declare('q', more), 'precondition-failed', 'x-message-ttl');
      expect(names()).to.deep.equal([]);
      expect(parts.takeEvents()).to.deep.equal([]);
    });
  });

  describe('exclusive', () => {
    const LOCKED = "cannot obtain exclusive access to locked queue 'q' in vhost '/'";

    it('are for the connection that declared them', () => {
      const queue = declare('q', { exclusive: true });
      expect(queue.owner).to.equal(OWNER);
      expect(vhost.queue('q', OWNER)).to.equal(queue);
      expect(declare('q', { exclusive: true })).to.equal(queue);
    });

    it('are locked for every other', () => {
      declare('q', { exclusive: true });
      vhost.bind(bindingOf('amq.direct', 'q'), OWNER);
      for (const stranger of [STRANGER, null]) {
        const locked = (act: () => void) => refused(act, 'resource-locked', LOCKED);
        locked(() => vhost.queue('q', stranger));
        locked(() => vhost.declareQueue(queueOf('q', { exclusive: true }), stranger));
        locked(() => vhost.declareQueue(queueOf('q'), stranger));
        locked(() => vhost.deleteQueue('q', ALWAYS, stranger));
        locked(() => vhost.bind(bindingOf('amq.direct', 'q'), stranger));
        locked(() => vhost.unbind(bindingOf('amq.direct', 'q'), stranger));
        // A binding that is not there is fine, whoever asks (A6.4).
        vhost.unbind(bindingOf('amq.fanout', 'q'), stranger);
      }
      expect(vhost.exchange('amq.direct').isEmpty).to.equal(false);
    });

    it('cannot be declared as what the queue is not', () => {
      declare('q', { exclusive: true });
      refused(() => declare('q'), 'resource-locked', LOCKED);
      declare('r');
      const text = LOCKED.replace("'q'", "'r'");
      refused(() => declare('r', { exclusive: true }), 'resource-locked', text);
    });

    it('go with their connection, and only they', () => {
      declare('mine', { exclusive: true });
      declare('shared');
      declare('other', { exclusive: true }, STRANGER);
      parts.takeEvents();
      vhost.deleteQueuesOf(OWNER);
      expect(names()).to.deep.equal(['shared', 'other']);
      const event = { vhost: '/', name: 'mine', messages: 0 };
      expect(parts.takeEvents()).to.deep.equal([['queue.deleted', event]]);
      vhost.deleteQueuesOf(OWNER);
      expect(parts.takeEvents()).to.deep.equal([]);
    });
  });

  describe('deleting', () => {
    it('says how many messages went, and tells', () => {
      const queue = declare('q');
      for (const body of ['a', 'b', 'c']) queue.publish(messageOf(body), null);
      queue.get(false);
      parts.takeEvents();
      expect(vhost.deleteQueue('q', ALWAYS, OWNER)).to.equal(2);
      const event = { vhost: '/', name: 'q', messages: 2 };
      expect(parts.takeEvents()).to.deep.equal([['queue.deleted', event]]);
      refused(() => vhost.queue('q', OWNER), 'not-found', "no queue 'q' in vhost '/'");
    });

    it('is content with what is not there (A3.1)', () => {
      expect(vhost.deleteQueue('q', { ifUnused: true, ifEmpty: true }, OWNER)).to.equal(0);
      expect(parts.takeEvents()).to.deep.equal([]);
    });

    it('takes its bindings away everywhere', () => {
      declare('q');
      vhost.bind(bindingOf('amq.direct', 'q'), OWNER);
      vhost.bind(bindingOf('amq.fanout', 'q'), OWNER);
      vhost.deleteQueue('q', ALWAYS, OWNER);
      for (const exchange of vhost.exchanges()) expect(exchange.isEmpty).to.equal(true);
    });

    it('refuses what is in use or not empty, if asked to', () => {
      const queue = declare('q');
      const ifEmpty = () => vhost.deleteQueue('q', { ifUnused: false, ifEmpty: true }, OWNER);
      const ifUnused = () => vhost.deleteQueue('q', { ifUnused: true, ifEmpty: false }, OWNER);
      queue.publish(messageOf('a'), null);
      refused(ifEmpty, 'precondition-failed', "queue 'q' in vhost '/' not empty");
      const consumer = new FakeConsumer(queue).start();
      refused(ifUnused, 'precondition-failed', "queue 'q' in vhost '/' in use");
      expect(consumer.cancels).to.equal(0);
      // What is unacknowledged does not count.
      expect(ifEmpty()).to.equal(0);
      expect(consumer.cancels).to.equal(1);
    });
  });

  describe('auto-delete', () => {
    it('go with their last consumer, with what they hold', () => {
      const queue = declare('q', { autoDelete: true });
      vhost.declareExchange(exchangeOf('x', { autoDelete: true }));
      vhost.bind(bindingOf('x', 'q'), null);
      const consumers = [0, 1].map(() => new FakeConsumer(queue, { limit: 0 }).start());
      queue.publish(messageOf('a'), null);
      parts.takeEvents();
      queue.cancel(consumers[0] as FakeConsumer);
      expect(names()).to.deep.equal(['q']);
      queue.cancel(consumers[1] as FakeConsumer);
      expect(names()).to.deep.equal([]);
      expect(parts.broker.memory.usedBytes).to.equal(0);
      expect(parts.takeOtherEvents()).to.deep.equal([
        ['exchange.deleted', { vhost: '/', name: 'x' }],
        ['queue.deleted', { vhost: '/', name: 'q', messages: 1 }],
      ]);
    });

    it('stay while they never had one', () => {
      declare('q', { autoDelete: true });
      expect(names()).to.deep.equal(['q']);
    });

    it('do not take another of the same name along that was declared since', () => {
      const queue = declare('q', { autoDelete: true });
      const consumer = new FakeConsumer(queue).start();
      vhost.deleteQueue('q', ALWAYS, OWNER);
      const another = declare('q');
      queue.cancel(consumer);
      expect(vhost.queue('q', OWNER)).to.equal(another);
    });

    it('is not what others are', () => {
      const queue = declare('q');
      queue.cancel(new FakeConsumer(queue).start());
      expect(names()).to.deep.equal(['q']);
    });
  });
});
