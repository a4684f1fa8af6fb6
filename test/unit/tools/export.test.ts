import { expect } from 'chai';
import { decodeProperties, encodeProperties } from '../../../protocol/properties.ts';
import { tableFromJson } from '../../../src/broker/field-json.ts';
import { type ExportParts, exportFolder } from '../../../src/tools/export.ts';
import type { MemoryFiles } from '../../support/memory-files.ts';
import { type Contents, copyOf, filesOf, journalOf } from '../../support/store-damage.ts';
import { HEADERS, makeToolFolder, PATH, type ToolFolder } from '../../support/tool-folder.ts';

type Line = Record<string, unknown>;

const SEGMENT = `${PATH}/queues/1/0000000001.segment`;
const RECORDS = `${PATH}/queues/1/0000000001.records`;
const product = { name: 'Leveret', version: '1.2.3', rabbitmqVersion: '3.13.7' };

describe('store export', () => {
  let folder: ToolFolder;
  let contents: Contents;
  before(async () => {
    folder = await makeToolFolder();
    contents = folder.kill();
  });

  async function exported(
    files: MemoryFiles,
    only: Pick<ExportParts, 'queue' | 'vhost'> = {},
  ): Promise<{ lines: Line[]; reports: string[] }> {
    const before = copyOf(files);
    const reports: string[] = [];
    const lines: Line[] = [];
    const report = (line: string) => reports.push(line);
    for await (const line of exportFolder({ ...folder.parts(files), product, report, ...only })) {
      expect(line.endsWith('\n')).to.equal(true);
      lines.push(JSON.parse(line) as Line);
    }
    expect(copyOf(files), 'nothing is changed').to.deep.equal(before);
    return { lines, reports };
  }

  const placesOf = (lines: readonly Line[]) =>
    lines.slice(1).map(({ vhost, queue, position }) => `${vhost} ${queue} ${position}`);

  it('begins with the definitions as RabbitMQ exports them', async () => {
    const { lines, reports } = await exported(filesOf(contents));
    expect(reports).to.deep.equal([]);
    const [definitions] = lines;
    const args = { 'x-max-length': 1000 };
    const queue = { type: 'classic', durable: true, auto_delete: false, arguments: args };
    const { vhosts } = definitions as unknown as { vhosts: readonly { name: string }[] };
    expect(vhosts.map(({ name }) => name)).to.deep.equal(['/', 'other']);
    expect(definitions).to.deep.include({
      kind: 'definitions',
      rabbitmq_definition_format: 'cluster',
      product_version: '1.2.3',
      queues: [
        { vhost: '/', name: 'long', ...queue },
        { vhost: '/', name: 'short one', ...queue },
        { vhost: 'other', name: 'long', ...queue },
      ],
      exchanges: [
        {
          ...{ vhost: '/', name: 'logs', type: 'topic', durable: true, auto_delete: false },
          ...{ internal: false, arguments: {} },
        },
      ],
      bindings: [
        {
          ...{ source: 'logs', vhost: '/', destination: 'long', destination_type: 'queue' },
          ...{ routing_key: 'a.#', arguments: { k: 1 } },
        },
      ],
    });
  });

  it('has every message that counts, queue by queue and in order', async () => {
    const { lines } = await exported(filesOf(contents));
    const long = Array.from({ length: 30 }, (_, n) => n).filter((n) => n !== 0 && n !== 2);
    expect(placesOf(lines)).to.deep.equal([
      ...long.map((n) => `/ long ${n}`),
      '/ short one 0',
      'other long 0',
    ]);
    const [, first] = lines as [Line, Line];
    expect(first).to.deep.equal({
      ...{ kind: 'message', vhost: '/', queue: 'long', position: 1, redelivered: true },
      ...{
        exchange: 'some exchange',
        routing_key: 'some.key',
        properties: { delivery_mode: 2, message_id: 'm1' },
      },
      ...{ payload_bytes: 70, payload_encoding: 'string', payload: 'long 1 '.padEnd(70, '.') },
    });
  });

  it('loses nothing of headers and octets', async () => {
    const { lines } = await exported(filesOf(contents), { queue: 'short one' });
    const [, line] = lines as [Line, Line];
    expect(line).to.include({ payload_encoding: 'base64', payload_bytes: 2, payload: '/wA=' });
    const { headers, timestamp } = line['properties'] as Line;
    expect(timestamp).to.equal(7);
    const encoded = encodeProperties({ headers: tableFromJson(headers) });
    expect(decodeProperties(encoded, 0, encoded.length).headers).to.deep.equal(HEADERS);
  });

  it('can be restricted to a queue or a virtual host', async () => {
    const files = () => filesOf(contents);
    const counts = async (only: object) => (await exported(files(), only)).lines.length - 1;
    expect(await counts({ queue: 'long' })).to.equal(29);
    expect(await counts({ vhost: 'other' })).to.equal(1);
    expect(await counts({ queue: 'long', vhost: '/' })).to.equal(28);
    expect(await counts({ queue: 'none' })).to.equal(0);
  });

  it('leaves out what is damaged, and says so', async () => {
    const damaged = Buffer.from(contents.get(RECORDS) as Buffer);
    damaged.write('X', damaged.indexOf('long 4 '));
    const { lines, reports } = await exported(filesOf(new Map(contents).set(RECORDS, damaged)));
    expect(placesOf(lines)).not.to.include('/ long 4');
    expect(lines).to.have.length(30);
    expect(reports).to.have.length(1);
    expect(reports[0]).to.match(/records: octets \d+ to \d+ are damaged: 1 messages are lost$/);
  });

  it('gives out what has lost its index, or its definition', async () => {
    const changed = new Map(contents).set(
      SEGMENT,
      contents.get(SEGMENT)?.subarray(0, -9) as Buffer,
    );
    for (const path of changed.keys()) if (path.includes('metadata')) changed.delete(path);
    const { lines, reports } = await exported(filesOf(changed));
    expect(reports.join('\n')).to.contain('has no sound end');
    expect(lines).to.have.length(31);
    expect(lines[1]).to.include({ queue: null, vhost: null, queue_number: 1, position: 1 });
  });

  it('gives out as octets what is no message', async () => {
    const changed = new Map(contents);
    const path = [...changed.keys()].filter((each) => each.endsWith('.journal')).at(-1) as string;
    const next = path.replace(/\d{10}/, (n) => String(Number(n) + 1).padStart(10, '0'));
    changed.set(next, journalOf(Number(next.match(/\d{10}/)?.[0]), 2, ['?']));
    const { lines, reports } = await exported(filesOf(changed), { queue: 'short one' });
    expect(lines.at(-1)).to.include({ kind: 'record', queue: 'short one', record: 'Pw==' });
    expect(reports[0]).to.match(/^message \d+ of queue short one cannot be read, its record is/);
  });
});
