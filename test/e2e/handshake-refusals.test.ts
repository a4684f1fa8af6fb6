// Refusals before open-ok: a wrong protocol, a wrong password, methods before their time. A
// client that has not been let in mostly gets silence for three seconds and then the end.
// Reference: compatibility A1.2, A1.5, A1.9 and A.4.
import { expect } from 'chai';
import { FRAME_METHOD, PROTOCOL_HEADER } from '../../protocol/constants.ts';
import { encodeTable, fromObject } from '../../protocol/table.ts';
import { type HandshakeOptions, Peer } from '../support/peer.ts';
import { needsWorld, useTarget } from '../support/target.ts';
import { Wire } from '../support/wire.ts';
import { HANDSHAKE_TIMEOUT_MS, OTHER_VHOST } from '../support/world.ts';

const HEADERS: readonly [string, Buffer | string][] = [
  ['0-9-0', 'AMQP\0\0\x09\0'],
  ['0-9-2', 'AMQP\0\0\x09\x02'],
  ['AMQP 1.0', 'AMQP\0\x01\0\0'],
  ['AMQP 1.0 with SASL', 'AMQP\x03\x01\0\0'],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
  ['nothing known', 'XXXXXXXX'],
];

describe('the protocol header', () => {
  const target = useTarget();

  for (const [title, header] of HEADERS) {
    it(`of ${title} is answered with the right one and the end`, async () => {
      const wire = new Wire(await target.stream(), { raw: true });
      wire.write(Buffer.from(header as string, 'latin1'));
      await wire.until(
        () => (wire.ended ? true : undefined),
        () => 'the end',
      );
      expect(Buffer.concat(wire.rawParts)).to.deep.equal(PROTOCOL_HEADER);
    });
  }
});

describe('logging in', () => {
  const target = useTarget();
  const refused = (mechanism: string) => ({
    code: 403,
    text:
      `ACCESS_REFUSED - Login was refused using authentication mechanism ${mechanism}. ` +
      'For details see the broker logfile.',
  });
  const begin = async (options: HandshakeOptions) => {
    const { peer } = await Peer.begin(await target.stream());
    target.track(peer).startOk(options);
    return peer;
  };

  it('with a wrong password', async () => {
    const peer = await begin({ password: 'wrong' });
    await peer.expectConnectionClose(refused('PLAIN'));
  });

  it('with an unknown name', async () => {
    const peer = await begin({ user: 'wt.nobody' });
    await peer.expectConnectionClose(refused('PLAIN'));
  });

  it('with a wrong password by AMQPLAIN', async () => {
    const response = encodeTable(fromObject({ LOGIN: 'guest', PASSWORD: 'x' })).subarray(4);
    const peer = await begin({ mechanism: 'AMQPLAIN', response });
    await peer.expectConnectionClose(refused('AMQPLAIN'));
  });
});

type Act = (peer: Peer) => void | Promise<void>;

const startOk =
  (options: HandshakeOptions): Act =>
  (peer) =>
    peer.startOk(options);

/** Logs in, takes tune, and goes on from there. */
const tuned =
  (act: Act): Act =>
  async (peer) => {
    peer.startOk();
    await peer.expect(0, 'connection.tune');
    await act(peer);
  };

const amqplain = (fields: Record<string, string>) =>
  startOk({ mechanism: 'AMQPLAIN', response: encodeTable(fromObject(fields)).subarray(4) });

/** What a client that is not in yet is not told. */
const SILENT: readonly [string, Act][] = [
  ['a wrong password, without the capability', startOk({ password: 'wrong', capabilities: {} })],
  ['an unknown mechanism', startOk({ mechanism: 'MAGIC' })],
  ['a mechanism that is none', startOk({ mechanism: 'no such thing' })],
  ['no mechanism', startOk({ mechanism: '' })],
  ['PLAIN without separators', startOk({ response: Buffer.from('guest') })],
  ['PLAIN, empty', startOk({ response: Buffer.alloc(0) })],
  [
    'PLAIN with an authorization identity',
    startOk({ response: Buffer.from('guest\0guest\0guest') }),
  ],
  ['PLAIN with a part too many', startOk({ response: Buffer.from('\0guest\0gu\0est') })],
  ['AMQPLAIN that is no table', startOk({ mechanism: 'AMQPLAIN', response: Buffer.from('guest') })],
  ['AMQPLAIN, empty', amqplain({})],
  ['AMQPLAIN without a password', amqplain({ LOGIN: 'guest' })],
  ['AMQPLAIN in lower case', amqplain({ login: 'guest', password: 'guest' })],
  ['open before start-ok', (peer) => peer.send(0, 'connection.open', { virtualHost: '/' })],
  ['tune-ok before start-ok', (peer) => peer.send(0, 'connection.tune-ok')],
  ['close before start-ok', (peer) => peer.send(0, 'connection.close')],
  ['a channel before start-ok', (peer) => peer.send(1, 'channel.open')],
  ['an unknown frame before start-ok', (peer) => peer.sendFrame(7, 0, Buffer.from('abc'))],
  ['a large frame before start-ok', (peer) => peer.sendFrame(1, 0, Buffer.alloc(131_073))],
  [
    'a start-ok of more than 4096 octets',
    startOk({ clientProperties: { token: 'x'.repeat(5000) } }),
  ],
  ['a cut start-ok', (peer) => peer.sendFrame(FRAME_METHOD, 0, Buffer.from([0, 10, 0, 11, 0]))],
  ['open before tune-ok', tuned((peer) => peer.send(0, 'connection.open', { virtualHost: '/' }))],
  ['close before tune-ok', tuned((peer) => peer.send(0, 'connection.close'))],
];

describe('a client that is not let in', () => {
  const target = useTarget();

  it('waits three seconds for the end and learns nothing', async () => {
    const silently = async ([title, act]: readonly [string, Act]) => {
      const { peer } = await Peer.begin(await target.stream());
      await act(peer);
      const began = Date.now();
      await peer.expectEnd();
      const waited = Date.now() - began;
      return waited > 2500 && waited < 4500 ? undefined : `${title}: ended after ${waited} ms`;
    };
    const failures = await Promise.all(
      SILENT.map((each) => silently(each).catch((error) => `${each[0]}: ${error.message}`)),
    );
    expect(failures.filter((failure) => failure !== undefined)).to.deep.equal([]);
  });
});

const LIMITS: readonly [string, Partial<Record<'frameMax' | 'channelMax', number>>, string][] = [
  [
    'frame_max 4095',
    { frameMax: 4095 },
    'frame_max = 4095 is lower than the minimum allowed value (4096)',
  ],
  [
    'frame_max 131073',
    { frameMax: 131_073 },
    'frame_max = 131073 is higher than the maximum allowed value (131072)',
  ],
  [
    'frame_max 0',
    { frameMax: 0 },
    'frame_max = 0 is higher than the maximum allowed value (131072)',
  ],
  [
    'channel_max 2048',
    { channelMax: 2048 },
    'channel_max = 2048 is higher than the maximum allowed value (2047)',
  ],
  [
    'channel_max 0',
    { channelMax: 0 },
    'channel_max = 0 (no limit) is higher than the maximum allowed value (2047)',
  ],
];

describe('tune-ok out of bounds', () => {
  const target = useTarget();

  for (const [title, answer, text] of LIMITS) {
    it(title, async () => {
      const { peer } = await Peer.begin(await target.stream());
      peer.startOk();
      await peer.tune(answer);
      await peer.expectConnectionClose({
        code: 530,
        text: `NOT_ALLOWED - negotiated ${text}`,
        method: 'connection.tune',
      });
    });
  }
});

describe('opening a vhost', () => {
  const target = useTarget();
  const open = async (act: Act, options: HandshakeOptions = {}) => {
    const { peer } = await Peer.begin(await target.stream());
    peer.startOk(options);
    await peer.tune();
    await act(peer);
    return peer;
  };
  const named = (virtualHost: string) => (peer: Peer) =>
    peer.send(0, 'connection.open', { virtualHost });

  for (const name of ['wt.missing', '', 'wt \u{1f407}']) {
    it(`that does not exist: '${name}'`, async () => {
      const peer = await open(named(name));
      await peer.expectConnectionClose({
        code: 530,
        text: `NOT_ALLOWED - vhost ${name} not found`,
        method: 'connection.open',
      });
    });
  }

  it('a channel in place of open', async () => {
    const peer = await open((each) => each.send(1, 'channel.open'));
    await peer.expectConnectionClose({
      code: 505,
      text: 'UNEXPECTED_FRAME - type 1, all octets = <<0,20,0,10,0>>',
    });
  });

  it('a close in place of open', async () => {
    const peer = await open((each) =>
      each.wire.write(
        Buffer.from([1, 0, 0, 0, 0, 0, 11, 0, 10, 0, 50, 0, 200, 0, 0, 0, 0, 0, 206]),
      ),
    );
    await peer.expectConnectionClose({
      code: 504,
      text: 'CHANNEL_ERROR - unexpected method in connection state opening',
      method: 'connection.close',
    });
  });

  describe('without the right to', () => {
    needsWorld();
    for (const [user, vhost] of [
      ['stranger', '/'],
      ['limited', OTHER_VHOST],
    ] as const) {
      it(`${user} in ${vhost}`, async () => {
        const peer = await open(named(vhost), { user, password: user });
        await peer.expectConnectionClose({
          code: 530,
          text: `NOT_ALLOWED - access to vhost '${vhost}' refused for user '${user}'`,
          method: 'connection.open',
        });
      });
    }
  });
});

describe('a handshake that takes too long', () => {
  needsWorld();
  const target = useTarget();
  const ends = async (act: (wire: Wire) => void) => {
    const wire = new Wire(await target.stream());
    const began = Date.now();
    act(wire);
    await wire.until(
      () => (wire.ended ? true : undefined),
      () => 'the end',
    );
    expect(Date.now() - began).to.be.within(
      HANDSHAKE_TIMEOUT_MS - 200,
      HANDSHAKE_TIMEOUT_MS + 1500,
    );
    return wire.history.map((each) => each.method.name);
  };

  it('ends, wherever it stopped', async () => {
    const [silent, halfway, started] = await Promise.all([
      ends(() => undefined),
      ends((wire) => wire.write(PROTOCOL_HEADER.subarray(0, 7))),
      ends((wire) => wire.write(PROTOCOL_HEADER)),
    ]);
    expect(silent).to.deep.equal([]);
    expect(halfway).to.deep.equal([]);
    expect(started).to.deep.equal(['connection.start']);
  });
});
