// Answers that wait until what they say is durable. The store is a fake whose durability the test
// decides; a broker with a store of its own, on pipes.
import { expect } from 'chai';
import { UsersAuthenticator } from '../../src/auth/authenticator.ts';
import { Permissions } from '../../src/auth/permissions.ts';
import { Users } from '../../src/auth/users.ts';
import { Broker } from '../../src/broker/broker.ts';
import { resolveOptions } from '../../src/config/options.ts';
import { noLog } from '../../src/lib/log.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { TimerWheel } from '../../src/lib/timer-wheel.ts';
import { StreamTransport } from '../../src/net/stream-transport.ts';
import { SessionHost } from '../../src/session/host.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { FakeMetadata } from '../support/fake-metadata.ts';
import { type HandshakeOptions, Peer } from '../support/peer.ts';
import { pipePair } from '../support/pipe.ts';
import { needsLeveret } from '../support/target.ts';

const durable = { durable: true };
const SHUTDOWN = {
  code: 320,
  text: "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
};

describe('Durability of definitions', () => {
  needsLeveret();
  let clock: ManualClock;
  let metadata: FakeMetadata;
  let broker: Broker;
  let host: SessionHost;
  let peers: Peer[];
  let peer: Peer;

  beforeEach(async () => {
    clock = new ManualClock();
    metadata = new FakeMetadata();
    peers = [];
    const options = resolveOptions({ maxMessageBytes: 16 * 1024 * 1024 });
    const defer = (fn: () => void) => void setImmediate(fn);
    broker = new Broker({
      clock,
      memoryLimitBytes: 1e9,
      vhosts: ['/'],
      store: new MemoryStore(metadata),
      onReadError: (_queue, error) => expect.fail(String(error)),
      randomBytes: () => Buffer.alloc(16),
      defer,
      onListenerError: (error) => expect.fail(String(error)),
    });
    host = new SessionHost({
      broker,
      options,
      authenticator: new UsersAuthenticator(new Users(options.users)),
      permissions: new Permissions(),
      wheel: new TimerWheel(clock, 100, 1_024),
      log: noLog,
      defer,
    });
    peer = await connect();
    await peer.open(1, 2);
  });

  afterEach(() => {
    for (const each of peers) each.drop();
  });

  const connect = async (options: HandshakeOptions = {}) => {
    const [ours, theirs] = pipePair();
    const end = { address: 'pipe', port: 0 };
    host.accept(
      new StreamTransport(theirs, { peer: { ...end, loopback: true }, local: end }, false),
    );
    const connected = await Peer.connect(ours, options);
    peers.push(connected);
    return connected;
  };
  /** Lets everything happen that is under way. */
  const settle = async () => {
    for (let i = 0; i < 6; i++) await new Promise((resolve) => void setImmediate(resolve));
  };
  const arrived = (channel: number, from = peer) =>
    from.wire.inbox(channel).map(({ method }) => method.name);

  it('answers at once when nothing is pending', async () => {
    await peer.call(1, 'queue.declare', { queue: 'q' });
    await peer.call(1, 'exchange.declare', { exchange: 'x', type: 'fanout' });
    await peer.call(1, 'queue.bind', { queue: 'q', exchange: 'x' });
    expect(metadata.takeWrites()).to.deep.equal([]);
  });

  it('answers each method once it is durable, and handles the next one only then', async () => {
    const ends = { destination: 'amq.fanout', source: 'x' };
    const steps = [
      ['queue.declare', { queue: 'q', ...durable }],
      ['exchange.declare', { exchange: 'x', type: 'topic', ...durable }],
      ['queue.bind', { queue: 'q', exchange: 'x', routingKey: 'k' }],
      ['exchange.bind', ends],
      ['exchange.unbind', ends],
      ['queue.unbind', { queue: 'q', exchange: 'x', routingKey: 'k' }],
      ['queue.delete', { queue: 'q' }],
      ['exchange.delete', { exchange: 'x' }],
    ] as const;
    for (const [name, fields] of steps) peer.send(1, name, fields);
    for (const [name] of steps) {
      await settle();
      expect(arrived(1)).to.deep.equal([]);
      expect(metadata.waiting, name).to.equal(1);
      expect(metadata.takeWrites(), name).to.have.length(name === 'queue.declare' ? 2 : 1);
      metadata.makeDurable();
      await peer.expect(1, `${name}-ok`);
    }
  });

  it('holds all channels of the connection, and no other connection', async () => {
    const other = await connect();
    await other.open(1);
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    peer.publish(2, { routingKey: 'q' }, {}, 'later');
    peer.send(2, 'basic.qos', { prefetchCount: 1 });
    await settle();
    await other.call(1, 'basic.qos', { prefetchCount: 1 });
    other.send(1, 'basic.get', { queue: 'q', noAck: true });
    await other.expect(1, 'basic.get-empty');
    expect([arrived(1), arrived(2)]).to.deep.equal([[], []]);
    metadata.makeDurable();
    await peer.expect(1, 'queue.declare-ok');
    await peer.expect(2, 'basic.qos-ok');
    other.send(1, 'basic.get', { queue: 'q', noAck: true });
    expect((await other.expectContent(1, 'basic.get-ok')).text).to.equal('later');
  });

  it('does not wait for what nobody wants an answer to', async () => {
    peer.send(1, 'queue.declare', { queue: 'q', ...durable, nowait: true });
    peer.send(1, 'queue.bind', { queue: 'q', exchange: 'amq.topic', nowait: true });
    await peer.call(1, 'basic.qos');
    expect(metadata.isPending).to.equal(true);
    // But who declares it again hears that it is there when it is.
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    await settle();
    expect(arrived(1)).to.deep.equal([]);
    metadata.makeDurable();
    await peer.expect(1, 'queue.declare-ok');
  });

  it('takes a content up again where it was left', async () => {
    const body = Buffer.alloc(3_000_000, 'body');
    peer.publish(2, { routingKey: 'q' }, {}, body.subarray(0, 100_000));
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    for (let i = 0; i < 5; i++) peer.publish(2, { routingKey: 'q' }, {}, body);
    await settle();
    metadata.makeDurable();
    await peer.expect(1, 'queue.declare-ok');
    await peer.call(2, 'basic.qos');
    expect(broker.vhost('/')?.queue('q', null).readyCount).to.equal(5);
    const used = broker.memory.usedBytes;
    await peer.call(1, 'queue.purge', { queue: 'q' });
    await settle();
    expect(used).to.be.greaterThan(15_000_000);
    expect(broker.memory.exactBytes).to.equal(0);
  });

  it('still delivers, and tells of consumers that went behind the answer', async () => {
    await peer.call(1, 'queue.declare', { queue: 'other' });
    await peer.call(2, 'basic.consume', { queue: 'other', noAck: true });
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    await settle();
    metadata.makeDurable();
    await peer.expect(1, 'queue.declare-ok');
    await peer.call(1, 'basic.consume', { queue: 'q', consumerTag: 'c' });
    peer.send(1, 'queue.delete', { queue: 'q' });
    const other = await connect();
    await other.open(1);
    other.publish(1, { routingKey: 'other' }, {}, 'meanwhile');
    expect((await peer.nextDelivery(2)).text).to.equal('meanwhile');
    await settle();
    expect(arrived(1)).to.deep.equal([]);
    metadata.makeDurable();
    await peer.expect(1, 'queue.delete-ok');
    expect((await peer.expect(1, 'basic.cancel')).consumerTag).to.equal('c');
  });

  it('answers a close that came behind it after it', async () => {
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    peer.send(1, 'channel.close');
    peer.send(0, 'connection.close');
    await settle();
    expect([arrived(0), arrived(1)]).to.deep.equal([[], []]);
    metadata.makeDurable();
    await peer.expect(1, 'queue.declare-ok');
    await peer.expect(1, 'channel.close-ok');
    await peer.expect(0, 'connection.close-ok');
  });

  it('answers an error at once, behind what waits', async () => {
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    peer.send(1, 'queue.declare', { queue: 'q', durable: false });
    await settle();
    expect(arrived(1)).to.deep.equal([]);
    metadata.makeDurable();
    await peer.expect(1, 'queue.declare-ok');
    expect((await peer.expect(1, 'channel.close')).replyCode).to.equal(406);
  });

  it('answers nobody who is gone, and takes nothing more from them', async () => {
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    peer.send(1, 'queue.declare', { queue: 'never', ...durable });
    await settle();
    for (const connection of host.connections) connection.drop('by the test');
    await settle();
    expect(host.connections.size).to.equal(0);
    metadata.makeDurable();
    await settle();
    expect(Array.from(broker.vhost('/')?.queues() ?? [], ({ name }) => name)).to.deep.equal(['q']);
  });

  it('notices a client that has gone once it reads again', async () => {
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    await settle();
    peer.drop();
    await settle();
    metadata.makeDurable();
    await settle();
    expect(host.connections.size).to.equal(0);
  });

  it('lets the broker stop meanwhile', async () => {
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    peer.send(1, 'queue.declare', { queue: 'never', ...durable });
    await settle();
    const stopped = host.stop(1_000);
    await peer.expectConnectionClose(SHUTDOWN);
    await stopped;
    metadata.makeDurable();
    await settle();
    expect(arrived(1)).to.deep.equal([]);
    expect(Array.from(broker.vhost('/')?.queues() ?? [], ({ name }) => name)).to.deep.equal(['q']);
  });

  it('does not take the silence of a client that it does not read for its end', async () => {
    const beating = await connect({ heartbeat: 1 });
    await beating.open(1);
    beating.send(1, 'queue.declare', { queue: 'q', ...durable });
    await settle();
    for (let i = 0; i < 50; i++) clock.advance(100);
    await settle();
    metadata.makeDurable();
    await beating.expect(1, 'queue.declare-ok');
    for (let i = 0; i < 50; i++) clock.advance(100);
    await beating.expectEnd();
  });

  it('does not go on because its client takes answers again', async () => {
    const [connection] = host.connections;
    peer.send(1, 'queue.declare', { queue: 'q', ...durable });
    await settle();
    connection?.pauseFor('output');
    peer.send(1, 'basic.qos');
    connection?.onDrain();
    await settle();
    expect(arrived(1)).to.deep.equal([]);
    metadata.makeDurable();
    await peer.expect(1, 'queue.declare-ok');
    await peer.expect(1, 'basic.qos-ok');
  });

  it('does not go on while its client takes no answers', async () => {
    const [connection] = host.connections;
    connection?.waitFor(
      (done) => void setImmediate(done),
      () => connection?.pauseFor('output'),
    );
    peer.send(1, 'basic.qos');
    await settle();
    expect(arrived(1)).to.deep.equal([]);
    connection?.onDrain();
    await peer.expect(1, 'basic.qos-ok');
  });

  it('goes on at once when what it would wait for is there already', async () => {
    const [connection] = host.connections;
    const said: string[] = [];
    connection?.waitFor(
      (done) => done(),
      () => said.push('answered'),
    );
    expect(said).to.deep.equal(['answered']);
    await peer.call(1, 'basic.qos');
  });
});
