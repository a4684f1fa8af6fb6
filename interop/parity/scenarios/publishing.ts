/**
 * Publishing: mandatory, returns, properties and header types there and back, body sizes in frames,
 * CC and BCC, confirms, transactions. Reference: A1.11, A.3, A9.1 to A9.3, A9.6.
 */
import type { Properties } from '../../../protocol/properties.ts';
import type { FieldTable, FieldValue } from '../../../protocol/table.ts';
import { type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import { drain, texts } from './exchanges.ts';

const ALL: Properties = {
  contentType: 'text/plain',
  contentEncoding: 'utf-8',
  headers: texts({ a: 'b' }),
  deliveryMode: 2,
  priority: 9,
  correlationId: 'corr',
  replyTo: 'somewhere',
  expiration: '3600000',
  messageId: 'id',
  timestamp: 1_700_000_000,
  type: 'kind',
  userId: 'guest',
  appId: 'app',
  clusterId: 'cluster',
};

const NESTED: FieldTable = new Map<string, FieldValue>([
  ['in', { type: 'F', value: texts({ deep: 'er' }) }],
  [
    'list',
    {
      type: 'A',
      value: [
        { type: 'S', value: 'x' },
        { type: 'I', value: -1 },
      ],
    },
  ],
]);

const TYPES: readonly [string, FieldValue][] = [
  ['text', { type: 'S', value: 'häschen' }],
  ['text that is not UTF-8', { type: 'S', value: Buffer.from([0xff, 0xfe]) }],
  ['octets', { type: 'x', value: Buffer.from([0, 255, 1]) }],
  ['int8', { type: 'b', value: -128 }],
  ['uint8', { type: 'B', value: 255 }],
  ['int16', { type: 's', value: -32_768 }],
  ['uint16', { type: 'u', value: 65_535 }],
  ['int32', { type: 'I', value: -2_147_483_648 }],
  ['uint32', { type: 'i', value: 4_294_967_295 }],
  ['int64', { type: 'l', value: -9_007_199_254_740_991 }],
  ['int64, the largest', { type: 'l', value: 9_223_372_036_854_775_807n }],
  ['int64 by its other letter', { type: 'L', value: 1 }],
  ['float', { type: 'f', value: 1.5 }],
  ['double', { type: 'd', value: 0.1 }],
  ['decimal', { type: 'D', value: { scale: 2, value: 12_345 } }],
  ['timestamp', { type: 'T', value: 1_700_000_000 }],
  ['true', { type: 't', value: true }],
  ['false', { type: 't', value: false }],
  ['void', { type: 'V', value: null }],
  ['table', { type: 'F', value: NESTED }],
  ['empty table', { type: 'F', value: new Map() }],
  ['empty array', { type: 'A', value: [] }],
  ['array of arrays', { type: 'A', value: [{ type: 'A', value: [{ type: 'V', value: null }] }] }],
];

const SIZES = [0, 1, 4087, 4088, 4089, 8176, 8177, 100_000];

function array(...items: string[]): FieldValue {
  return { type: 'A', value: items.map((value): FieldValue => ({ type: 'S', value })) };
}

/** What became of `count` publishes, however acks and nacks are grouped and ordered. */
async function outcomes(speaker: Speaker, count: number): Promise<string> {
  const outstanding = new Set(Array.from({ length: count }, (_, index) => index + 1));
  const settled: string[] = [];
  while (outstanding.size > 0) {
    const arrival = await speaker.take(1);
    if (arrival === undefined) break;
    speaker.hidden.add(arrival);
    const { method } = arrival;
    if (method.name !== 'basic.ack' && method.name !== 'basic.nack') break;
    const { name, multiple } = method;
    const tag = Number(method.deliveryTag);
    for (const number of multiple ? [...outstanding].filter((each) => each <= tag) : [tag]) {
      settled.push(outstanding.delete(number) ? `${name} ${number}` : `${name} ${number} again`);
    }
  }
  return settled.sort().join(', ');
}

export const publishing: Subject = {
  subject: 'publishing',
  scenarios: [
    scenario('A.3', 'all properties there and back', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.put({ routingKey: stage.q }, ALL, 'body');
      await drain(speaker, stage.q);
    }),
    scenario('A.3', 'each property alone', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      for (const [name, value] of Object.entries(ALL)) {
        await speaker.put({ routingKey: stage.q }, { [name]: value }, name);
      }
      await drain(speaker, stage.q);
    }),
    scenario('A.3', 'extremes of properties', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      const extremes: readonly Properties[] = [
        { priority: 0 },
        { priority: 255 },
        { deliveryMode: 1 },
        { timestamp: 0 },
        { timestamp: 2_147_483_648 },
        { timestamp: 18_446_744_073_709_551_615n },
        { messageId: '' },
        { messageId: 'é'.repeat(127) },
        { expiration: '315360000000' },
        { headers: new Map() },
      ];
      for (const properties of extremes) await speaker.put({ routingKey: stage.q }, properties);
      await drain(speaker, stage.q);
    }),
    scenario('A.3', 'delivery modes that are none', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      for (const deliveryMode of [0, 3, 255]) {
        speaker.publish(1, { routingKey: stage.q }, { deliveryMode });
        await speaker.fence(1);
        await speaker.open(1);
      }
    }),
    ...TYPES.map(([title, value]) =>
      scenario('A1.11', `a header of type ${title}`, async (stage) => {
        const speaker = await stage.channel();
        await speaker.ask(1, 'queue.declare', { queue: stage.q });
        const headers: FieldTable = new Map([
          ['before', { type: 'I', value: 1 }],
          ['it', value],
          ['in array', { type: 'A', value: [value, value] }],
        ]);
        await speaker.put({ routingKey: stage.q }, { headers });
        await drain(speaker, stage.q);
      }),
    ),
    scenario('A1.11', 'headers with keys twice, empty, long', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      const headers = texts({ '': 'empty', ['k'.repeat(128)]: 'long', ключ: 'beyond ASCII' });
      await speaker.put({ routingKey: stage.q }, { headers });
      await drain(speaker, stage.q);
    }),
    ...SIZES.map((size) =>
      scenario('A1.7', `a body of ${size} octets in frames of 4096`, async (stage) => {
        const speaker = await stage.channel({ frameMax: 4096 });
        await speaker.ask(1, 'queue.declare', { queue: stage.q });
        await speaker.put({ routingKey: stage.q }, {}, Buffer.alloc(size, 'ab'));
        await drain(speaker, stage.q);
        await speaker.ask(1, 'basic.consume', { queue: stage.q, noAck: true });
        await speaker.put({ routingKey: stage.q }, {}, Buffer.alloc(size, 'cd'));
        await speaker.take(1);
        speaker.publish(1, { mandatory: true }, {}, Buffer.alloc(size, 'ef'));
        await speaker.take(1);
      }),
    ),
    scenario('A1.7', 'a body in small frames comes back in large ones', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      const other = await stage.channel({ frameMax: 4096 });
      await other.put({ routingKey: stage.q }, {}, Buffer.alloc(140_000, 'x'));
      await drain(speaker, stage.q);
    }),
    ...[1, 2, 3].map((flags) =>
      scenario('A1.11', `property flags beyond the properties: ${flags}`, async (stage) => {
        const speaker = await stage.channel();
        await speaker.ask(1, 'queue.declare', { queue: stage.q });
        speaker.publish(1, { routingKey: stage.q }, Buffer.from([0, flags]), 'bare');
        speaker.publish(1, { routingKey: stage.q }, Buffer.from([0x08, flags, 5]), 'priority 5');
        await speaker.ready(1, stage.q, 2);
        await drain(speaker, stage.q);
      }),
    ),
    scenario('A9.2', 'mandatory, to nobody', async (stage) => {
      const speaker = await stage.channel();
      for (const exchange of ['', 'amq.direct', 'amq.fanout', 'amq.topic', 'amq.headers']) {
        speaker.publish(1, { exchange, routingKey: 'parity.none', mandatory: true }, ALL, exchange);
        await speaker.take(1);
      }
    }),
    scenario('A9.2', 'not mandatory, to nobody', async (stage) => {
      const speaker = await stage.channel();
      speaker.publish(1, { routingKey: 'parity.none' });
      await speaker.fence(1);
    }),
    scenario('A9.1 A9.2', 'a return comes before its confirm', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'confirm.select');
      speaker.publish(1, { routingKey: 'parity.none', mandatory: true }, {}, 'returned');
      await speaker.takeMany(1, 2);
      speaker.publish(1, { routingKey: 'parity.none' }, {}, 'dropped');
      await speaker.take(1);
    }),
    scenario('A9.1', 'confirms count from 1 on each channel', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2);
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.ask(1, 'confirm.select');
      await speaker.ask(2, 'confirm.select');
      for (const channel of [1, 1, 2, 1, 2]) {
        speaker.publish(channel, { routingKey: stage.q });
        await speaker.take(channel);
      }
    }),
    scenario('A9.1', 'confirm.select twice, and with nowait', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      speaker.tell(1, 'confirm.select', { nowait: true });
      speaker.publish(1, { routingKey: stage.q });
      await speaker.take(1);
      await speaker.ask(1, 'confirm.select');
      speaker.publish(1, { routingKey: stage.q });
      await speaker.take(1);
    }),
    scenario('A9.1', 'many outstanding confirms, each told once', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q, durable: true });
      await speaker.ask(1, 'confirm.select');
      for (let n = 0; n < 200; n++) {
        const routingKey = n % 3 === 0 ? 'parity.none' : stage.q;
        speaker.publish(1, { routingKey }, { deliveryMode: 1 + (n % 2) }, String(n));
      }
      stage.note(await outcomes(speaker, 200));
    }),
    scenario('A9.1', 'a confirm after a refused publish: the channel is gone', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'confirm.select');
      speaker.publish(1, { exchange: `${stage.x}.missing` });
      await speaker.take(1);
      await speaker.open(1);
      await speaker.ask(1, 'confirm.select');
      speaker.publish(1, { routingKey: 'parity.none' });
      await speaker.take(1);
    }),
    scenario('A9.1 A9.3', 'confirms and a transaction on one connection', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2);
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.ask(1, 'confirm.select');
      await speaker.ask(2, 'tx.select');
      speaker.publish(2, { routingKey: stage.q }, {}, 'tx');
      speaker.publish(1, { routingKey: stage.q }, {}, 'confirmed');
      await speaker.take(1);
      await speaker.ask(2, 'tx.commit');
      await speaker.ready(1, stage.q, 2);
      await drain(speaker, stage.q);
    }),
    scenario('A9.2', 'headers and CC come back with a return as they were', async (stage) => {
      const speaker = await stage.channel();
      const headers: FieldTable = new Map([
        ['CC', array('parity.none.2')],
        ['BCC', array('parity.none.3')],
        ['own', { type: 't', value: true }],
      ]);
      speaker.publish(1, { routingKey: 'parity.none', mandatory: true }, { headers }, 'x');
      await speaker.take(1);
    }),
    scenario('A9.6', 'CC and BCC', async (stage) => {
      const speaker = await stage.channel();
      const [a, b, c] = [stage.name('a'), stage.name('b'), stage.name('c')];
      for (const queue of [a, b, c]) await speaker.ask(1, 'queue.declare', { queue });
      const headers: FieldTable = new Map([
        ['CC', array(b, 'parity.none', a)],
        ['BCC', array(c)],
        ['other', { type: 'I', value: 1 }],
      ]);
      await speaker.put({ routingKey: a }, { headers });
      for (const queue of [a, b, c]) await drain(speaker, queue);
    }),
    scenario('A9.6', 'CC alone routes, mandatory looks at all', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      const headers: FieldTable = new Map([['CC', array(stage.q)]]);
      speaker.publish(1, { routingKey: 'parity.none', mandatory: true }, { headers });
      await speaker.ready(1, stage.q, 1);
      await drain(speaker, stage.q);
      const nobody: FieldTable = new Map([
        ['CC', array('parity.none.2')],
        ['BCC', array('parity.none.3')],
      ]);
      speaker.publish(1, { routingKey: 'parity.none', mandatory: true }, { headers: nobody });
      await speaker.take(1);
    }),
    scenario('A9.6', 'CC that is empty, or holds what is no text', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      for (const value of [array(), { type: 'A', value: [{ type: 'I', value: 1 }] }] as const) {
        await speaker.put({ routingKey: stage.q }, { headers: new Map([['CC', value]]) });
      }
      await drain(speaker, stage.q);
    }),
    scenario('A9.6', 'CC of a topic exchange', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'exchange.declare', { exchange: stage.x, type: 'topic' });
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.ask(1, 'queue.bind', {
        queue: stage.q,
        exchange: stage.x,
        routingKey: 'a.*',
      });
      const headers: FieldTable = new Map([['CC', array('a.b', 'a.c')]]);
      await speaker.put({ exchange: stage.x, routingKey: 'x' }, { headers });
      await drain(speaker, stage.q);
    }),
  ],
};
