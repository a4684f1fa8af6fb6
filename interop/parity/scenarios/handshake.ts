/**
 * From the first octet to open-ok, right and wrong: what the server offers, takes, refuses and
 * passes over in silence. Reference: A.1 and A.2.
 */
import { FRAME_METHOD } from '../../../protocol/constants.ts';
import { encodeTable, fromObject } from '../../../protocol/table.ts';
import type { HandshakeOptions } from '../../../test/support/peer.ts';
import { OTHER_VHOST } from '../../../test/support/world.ts';
import { inWorld, type Scenario, type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';

type Act = (speaker: Speaker) => void | Promise<void>;

const HEADERS: readonly [string, string][] = [
  ['0-9-0', 'AMQP\0\0\x09\0'],
  ['0-9-2', 'AMQP\0\0\x09\x02'],
  ['0-8', 'AMQP\x01\x01\x08\0'],
  ['0-10', 'AMQP\x01\x01\0\x0a'],
  ['AMQP 1.0', 'AMQP\0\x01\0\0'],
  ['AMQP 1.0 with SASL', 'AMQP\x03\x01\0\0'],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex').toString('latin1')],
  ['lower case', 'amqp\0\0\x09\x01'],
  ['nothing known', 'XXXXXXXX'],
];

const headers = HEADERS.map(([title, header]) =>
  scenario('A1.2', `the protocol header of ${title}`, async (stage) => {
    const wire = await stage.dial();
    wire.write(Buffer.from(header, 'latin1'));
    await wire.until(
      () => (wire.ended ? true : undefined),
      () => 'the end',
    );
  }),
);

/** A handshake in which `act` is all that is said after connection.start. */
function greeted(shows: string, name: string, act: Act): Scenario {
  return scenario(shows, name, async (stage) => act(await stage.greet()));
}

/** What a client that is not in yet is not told; RabbitMQ ends the connection after 3 s. */
function silent(name: string, act: Act): Scenario {
  return greeted('A1.9', `silence after ${name}`, async (speaker) => {
    await act(speaker);
    await speaker.ends();
  });
}

const startOk =
  (options: HandshakeOptions): Act =>
  ({ peer }) =>
    peer.startOk(options);

const plain = (response: string): Act => startOk({ response: Buffer.from(response) });

const amqplain = (fields: Record<string, string>): HandshakeOptions => ({
  mechanism: 'AMQPLAIN',
  response: encodeTable(fromObject(fields)).subarray(4),
});

async function tune(speaker: Speaker): Promise<void> {
  speaker.peer.startOk();
  await speaker.take(0);
}

const tuned =
  (act: Act): Act =>
  async (speaker) => {
    await tune(speaker);
    await act(speaker);
  };

interface Tuning {
  channelMax?: number;
  frameMax?: number;
  heartbeat?: number;
}

/** Tune-ok with these values, open, and a channel. */
function tuneOk(name: string, tuning: Tuning): Scenario {
  return greeted('A1.5', name, async (speaker) => {
    await tune(speaker);
    const defaults = { channelMax: 2047, frameMax: 131_072, heartbeat: 0 };
    speaker.tell(0, 'connection.tune-ok', { ...defaults, ...tuning });
    await speaker.ask(0, 'connection.open', { virtualHost: '/' });
    await speaker.open(1);
  });
}

/** Logs in and opens a vhost. */
async function enter(speaker: Speaker, options: HandshakeOptions): Promise<void> {
  speaker.peer.startOk(options);
  const offer = await speaker.take(0);
  if (offer?.method.name !== 'connection.tune') {
    await speaker.ends();
    return;
  }
  const { channelMax, frameMax } = offer.method;
  speaker.tell(0, 'connection.tune-ok', { channelMax, frameMax, heartbeat: 0 });
  const { vhost = '/' } = options;
  const answer = await speaker.ask(0, 'connection.open', { virtualHost: vhost });
  if (answer?.method.name === 'connection.open-ok') await speaker.open(1);
  else await speaker.ends();
}

const logins: readonly [string, HandshakeOptions][] = [
  ['a wrong password', { password: 'wrong' }],
  ['an unknown user', { user: 'parity.nobody' }],
  ['an empty password', { password: '' }],
  ['a wrong password by AMQPLAIN', amqplain({ LOGIN: 'guest', PASSWORD: 'x' })],
  ['AMQPLAIN', amqplain({ LOGIN: 'guest', PASSWORD: 'guest' })],
  ['AMQPLAIN with more than it takes', amqplain({ A: 'b', LOGIN: 'guest', PASSWORD: 'guest' })],
  ['a vhost that is missing', { vhost: 'parity.nowhere' }],
  ['a vhost without a name', { vhost: '' }],
  ['a vhost with a quote in its name', { vhost: "a'b" }],
  ['a vhost beyond ASCII', { vhost: 'häschen' }],
  ['client properties of every kind', { clientProperties: { connection_name: 'x', n: 1, t: {} } }],
  ['no capabilities', { capabilities: {} }],
  ['capabilities that are false', { capabilities: { authentication_failure_close: false } }],
];

/** Client properties that fill a frame. */
const withToken = (octets: number): HandshakeOptions => ({
  clientProperties: { token: 'x'.repeat(octets) },
});

const worldLogins: readonly [string, HandshakeOptions][] = [
  ['a user without any vhost', { user: 'stranger', password: 'stranger' }],
  ['a user of another vhost', { user: 'limited', password: 'limited', vhost: OTHER_VHOST }],
  ['another vhost', { vhost: OTHER_VHOST }],
  ['a user with few rights', { user: 'limited', password: 'limited' }],
];

export const handshake: Subject = {
  subject: 'handshake',
  scenarios: [
    ...headers,
    scenario('A1.3 A.2', 'connection.start and its properties', async (stage) => {
      await stage.greet({ withStart: true });
    }),
    scenario('A1.2', 'the 0-9 header', async (stage) => {
      const wire = await stage.dial();
      wire.write(Buffer.from([...Buffer.from('AMQP'), 1, 1, 0, 9]));
      const came = await wire.until(
        () => (wire.rawParts.length > 0 ? wire.rawParts[0] : undefined),
        () => 'connection.start',
      );
      stage.note(came.subarray(0, 3).toString('hex'));
      wire.rawParts.length = 0;
    }),
    ...logins.map(([name, options]) =>
      greeted('A.4', `log in: ${name}`, (speaker) => enter(speaker, options)),
    ),
    ...worldLogins.map(([name, options]) =>
      inWorld('A.4', `log in: ${name}`, async (stage) => enter(await stage.greet(), options)),
    ),
    silent('a wrong password without the capability', startOk({ password: 'x', capabilities: {} })),
    silent('an unknown mechanism', startOk({ mechanism: 'MAGIC' })),
    silent('a mechanism in lower case', startOk({ mechanism: 'plain' })),
    silent('no mechanism', startOk({ mechanism: '' })),
    silent('PLAIN without separators', plain('guest')),
    silent('PLAIN, empty', plain('')),
    silent('PLAIN with an authorization identity', plain('guest\0guest\0guest')),
    silent('PLAIN with a part too many', plain('\0guest\0gu\0est')),
    silent('AMQPLAIN that is no table', startOk({ ...amqplain({}), response: Buffer.from('x') })),
    silent('AMQPLAIN, empty', startOk(amqplain({}))),
    silent('AMQPLAIN without a password', startOk(amqplain({ LOGIN: 'guest' }))),
    silent('open before start-ok', ({ peer }) => {
      peer.send(0, 'connection.open', { virtualHost: '/' });
    }),
    silent('tune-ok before start-ok', ({ peer }) => peer.send(0, 'connection.tune-ok')),
    silent('close before start-ok', ({ peer }) => peer.send(0, 'connection.close')),
    silent('a channel before start-ok', ({ peer }) => peer.send(1, 'channel.open')),
    silent('an unknown frame before start-ok', ({ peer }) => {
      peer.sendFrame(7, 0, Buffer.from('abc'));
    }),
    silent('a start-ok of more than 4096 octets', startOk(withToken(5000))),
    greeted('A1.7', 'a start-ok of nearly 4096 octets', (speaker) =>
      enter(speaker, withToken(3500)),
    ),
    silent('a cut start-ok', ({ peer }) => {
      peer.sendFrame(FRAME_METHOD, 0, Buffer.from([0, 10, 0, 11, 0]));
    }),
    silent(
      'open before tune-ok',
      tuned(({ peer }) => peer.send(0, 'connection.open', { virtualHost: '/' })),
    ),
    silent(
      'close before tune-ok',
      tuned(({ peer }) => peer.send(0, 'connection.close')),
    ),
    inWorld('A1.9', 'nothing at all after connection.start', async (stage) => {
      await (await stage.greet()).ends();
    }),
    inWorld('A1.9', 'nothing after connection.tune', async (stage) => {
      const speaker = await stage.greet();
      await tune(speaker);
      await speaker.ends();
    }),
    tuneOk('tune-ok as offered', {}),
    tuneOk('tune-ok with the smallest frame', { frameMax: 4096 }),
    tuneOk('tune-ok with a frame too small', { frameMax: 4095 }),
    tuneOk('tune-ok with a frame too large', { frameMax: 131_073 }),
    tuneOk('tune-ok without a limit of frames', { frameMax: 0 }),
    tuneOk('tune-ok with one channel', { channelMax: 1 }),
    tuneOk('tune-ok with channels too many', { channelMax: 2048 }),
    tuneOk('tune-ok without a limit of channels', { channelMax: 0 }),
    tuneOk('tune-ok with the longest heartbeat', { heartbeat: 65_535 }),
    greeted('A.4', 'a second open', async (speaker) => {
      await enter(speaker, {});
      await speaker.ask(0, 'connection.open', { virtualHost: '/' });
      await speaker.ends();
    }),
    greeted('A.4', 'a second start-ok', async (speaker) => {
      await enter(speaker, {});
      speaker.peer.startOk();
      await speaker.take(0);
      await speaker.ends();
    }),
    greeted('A.4', 'a second tune-ok', async (speaker) => {
      await enter(speaker, {});
      await speaker.ask(0, 'connection.tune-ok');
      await speaker.ends();
    }),
    greeted('A.4', 'a method of a channel before open', async (speaker) => {
      await tune(speaker);
      speaker.tell(0, 'connection.tune-ok', { channelMax: 2047, frameMax: 131_072 });
      await speaker.ask(1, 'channel.open');
      await speaker.ends();
    }),
  ],
};
