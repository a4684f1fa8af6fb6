// From the first octet to open-ok: what the server offers and announces, what it takes, and in
// which pieces. Refusals are in handshake-refusals.test.ts. Reference: compatibility A.1 and A.2.
import { expect } from 'chai';
import { FRAME_HEARTBEAT, PROTOCOL_HEADER } from '../../protocol/constants.ts';
import { encodeMethod, HEARTBEAT_FRAME } from '../../protocol/methods.ts';
import { encodeTable, fromObject, toObject } from '../../protocol/table.ts';
import { fillIn } from '../support/describe-method.ts';
import { Peer } from '../support/peer.ts';
import { isForeign, useTarget } from '../support/target.ts';
import { Wire } from '../support/wire.ts';

const CAPABILITIES = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  'basic.nack': true,
  consumer_cancel_notify: true,
  'connection.blocked': true,
  consumer_priorities: true,
  authentication_failure_close: true,
  per_consumer_qos: true,
  direct_reply_to: true,
};

const PRODUCT_KEYS = ['cluster_name', 'copyright', 'information', 'platform', 'product', 'version'];

/** The client's side of a whole handshake, as one buffer. */
function pipelinedHandshake(): Buffer {
  return Buffer.concat([
    PROTOCOL_HEADER,
    encodeMethod(
      0,
      fillIn('connection.start-ok', {
        mechanism: 'PLAIN',
        response: Buffer.from('\0guest\0guest'),
        locale: 'en_US',
      }),
    ),
    encodeMethod(0, fillIn('connection.tune-ok', { channelMax: 2047, frameMax: 131_072 })),
    encodeMethod(0, fillIn('connection.open', { virtualHost: '/' })),
    encodeMethod(1, fillIn('channel.open', {})),
  ]);
}

/** AMQPLAIN's response: a table without its length. */
function amqplain(fields: Record<string, string>): Buffer {
  return encodeTable(fromObject(fields)).subarray(4);
}

describe('connection.start', () => {
  const target = useTarget();

  it('offers 0-9, both mechanisms and one locale', async () => {
    const { start } = await Peer.begin(await target.stream());
    expect([start.versionMajor, start.versionMinor]).to.deep.equal([0, 9]);
    expect(start.mechanisms.toString().split(' ').sort()).to.deep.equal(['AMQPLAIN', 'PLAIN']);
    expect(start.locales.toString()).to.equal('en_US');
  });

  it('announces its capabilities, all true', async () => {
    const { start } = await Peer.begin(await target.stream());
    const { capabilities } = toObject(start.serverProperties);
    expect(capabilities).to.deep.equal(CAPABILITIES);
  });

  it('says what it is, in six texts', async () => {
    const { start } = await Peer.begin(await target.stream());
    const { capabilities, ...rest } = toObject(start.serverProperties);
    expect(Object.keys(rest).sort()).to.deep.equal(PRODUCT_KEYS);
    for (const [key, field] of start.serverProperties) {
      expect(field.type, key).to.equal(key === 'capabilities' ? 'F' : 'S');
    }
    expect(rest['product']).to.equal('RabbitMQ');
    expect(rest['version']).to.match(/^\d+\.\d+\.\d+/);
    if (!isForeign) expect(rest['version']).to.equal('3.13.7');
  });

  it('answers the 0-9 header as it does the 0-9-1 header', async () => {
    const wire = new Wire(await target.stream());
    wire.write(Buffer.from([...Buffer.from('AMQP'), 1, 1, 0, 9]));
    const first = await wire.until(
      () => wire.inbox(0)[0],
      () => 'connection.start',
    );
    expect(first.method.name).to.equal('connection.start');
  });
});

describe('tuning and opening', () => {
  const target = useTarget();

  it('offers 2047 channels, frames of 128 KiB and a heartbeat of a minute', async () => {
    const { peer } = await Peer.begin(await target.stream());
    peer.startOk();
    const { channelMax, frameMax, heartbeat } = await peer.tune();
    expect({ channelMax, frameMax, heartbeat }).to.deep.equal({
      channelMax: 2047,
      frameMax: 131_072,
      heartbeat: 60,
    });
  });

  it('takes the smallest frames and a single channel', async () => {
    const peer = await target.connect({ frameMax: 4096, channelMax: 1 });
    await peer.open(1);
    await peer.fence(1);
  });

  it('takes a client that announces nothing', async () => {
    const { peer } = await Peer.begin(await target.stream());
    peer.send(0, 'connection.start-ok', {
      mechanism: 'PLAIN',
      response: Buffer.from('\0guest\0guest'),
      locale: 'en_US',
    });
    await peer.tune();
    await peer.call(0, 'connection.open', { virtualHost: '/' });
  });

  it('takes client properties of every kind', async () => {
    const peer = await target.connect({
      clientProperties: {
        connection_name: 'a name: \u{1f407}',
        nested: { list: [1, 'two', { three: 3.5 }], when: new Date(0) },
        nothing: null,
        bytes: Buffer.from([0xff, 0]),
      },
    });
    await peer.open(1);
  });

  it('takes a name and password by AMQPLAIN', async () => {
    const response = amqplain({ LOGIN: 'guest', PASSWORD: 'guest' });
    const peer = await target.connect({ mechanism: 'AMQPLAIN', response });
    await peer.open(1);
  });

  it('takes a new secret and goes on', async () => {
    const peer = await target.channel();
    await peer.call(0, 'connection.update-secret', {
      newSecret: Buffer.from('guest'),
      reason: 'because',
    });
    await peer.fence(1);
  });
});

describe('pieces of a handshake', () => {
  const target = useTarget();
  const expectOpen = async (wire: Wire) => {
    const last = await wire.until(
      () => wire.inbox(1)[0],
      () => 'channel.open-ok',
    );
    expect(last.method.name).to.equal('channel.open-ok');
    expect(wire.history.map((each) => each.method.name)).to.deep.equal([
      'connection.start',
      'connection.tune',
      'connection.open-ok',
      'channel.open-ok',
    ]);
  };

  it('may come in one write', async () => {
    const wire = new Wire(await target.stream());
    wire.write(pipelinedHandshake());
    await expectOpen(wire);
  });

  it('may come octet by octet', async () => {
    const wire = new Wire(await target.stream());
    for (const octet of pipelinedHandshake()) wire.write(Buffer.from([octet]));
    await expectOpen(wire);
  });

  it('may be followed by the close in the same write', async () => {
    const wire = new Wire(await target.stream());
    const close = encodeMethod(0, fillIn('connection.close', { replyCode: 200 }));
    wire.write(Buffer.concat([pipelinedHandshake(), close]));
    const last = await wire.until(
      () => wire.inbox(0)[3],
      () => 'connection.close-ok',
    );
    expect(last.method.name).to.equal('connection.close-ok');
  });
});

describe('heartbeats', () => {
  const target = useTarget();

  it('come from the server when it has nothing to say, and keep a client alive', async () => {
    const peer = await target.channel({ heartbeat: 1 });
    const { wire } = peer;
    for (let seen = 0; seen < 5; seen = wire.heartbeats) {
      await wire.until(
        () => (wire.heartbeats > seen ? true : undefined),
        () => 'a heartbeat',
      );
      wire.write(HEARTBEAT_FRAME);
    }
    await peer.fence(1);
  });

  it('may be replaced by anything else that the client says', async () => {
    const peer = await target.channel({ heartbeat: 1 });
    const { wire } = peer;
    for (let seen = wire.heartbeats; wire.heartbeats < 5; seen = wire.heartbeats) {
      await wire.until(
        () => (wire.heartbeats > seen ? true : undefined),
        () => 'a heartbeat',
      );
      await peer.fence(1);
    }
  });

  it('that a client leaves out cost it the connection, without a word', async () => {
    const peer = await target.channel({ heartbeat: 1 });
    const began = Date.now();
    await peer.expectEnd();
    expect(Date.now() - began).to.be.within(900, 4000);
    expect(peer.wire.heartbeats).to.be.greaterThan(0);
    expect(peer.wire.inbox(1)).to.deep.equal([]);
  });

  it('are taken where none were agreed', async () => {
    const peer = await target.channel({ heartbeat: 0 });
    peer.sendFrame(FRAME_HEARTBEAT, 0, Buffer.alloc(0));
    await peer.fence(1);
  });
});
