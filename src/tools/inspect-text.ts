/** What `leveret store inspect` found, written for a person: an overview, then tables. */
import type { InspectedQueue, Inspection } from './inspect.ts';
import { countOf, nameOf, sizeOf } from './words.ts';

interface Binding {
  readonly vhost: string;
  readonly source: string;
  readonly destination: string;
  readonly destination_type: string;
  readonly routing_key: string;
  readonly arguments: object;
}

interface Exchange {
  readonly vhost: string;
  readonly name: string;
  readonly type: string;
  readonly arguments: object;
}

export function inspectionText(found: Inspection): string {
  const sections = [
    overview(found),
    table('Queues', QUEUE_HEAD, found.queues.map(queueRow)),
    table('Exchanges', ['vhost', 'name', 'type', 'arguments'], exchangeRows(found)),
    table('Bindings', ['vhost', 'from', 'to', 'key', 'arguments'], bindingRows(found)),
    table('Files', ['name', 'size', 'holds'], fileRows(found)),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function overview(found: Inspection): string {
  const { queues, journal, segments, packs, metadata, damaged, problems } = found;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const messages = sum(queues.map((each) => each.messages));
  const transient = sum(queues.map((each) => each.transient));
  const size = (files: readonly { readonly octets: number }[]) =>
    sizeOf(sum(files.map(({ octets }) => octets)));
  const definitions = [
    countOf(found.vhosts.length, 'vhost'),
    countOf(found.exchanges.length, 'exchange'),
    countOf(queues.length, 'queue'),
    countOf(found.bindings.length, 'binding'),
  ];
  const lines = [
    ['Data folder', found.folder],
    ['Format', String(found.format)],
    ['Lock', lockText(found.lock)],
    ['Definitions', definitions.join(', ')],
    ['Messages', `${countOf(messages, 'message')}, ${size(queues)}`],
    ['Journal', `${countOf(journal.length, 'file')}, ${size(journal)}`],
    ['Segments', `${countOf(segments.length, 'file')}, ${size(segments)}`],
    ['Packs', `${countOf(packs.length, 'file')}, ${size(packs)}`],
    ['Metadata', `${countOf(metadata.length, 'file')}, ${size(metadata)}`],
  ];
  const lost = 'do not survive the next start';
  if (transient !== 0) lines.push(['Transient', `${countOf(transient, 'message')} that ${lost}`]);
  if (damaged.length !== 0) lines.push(['damaged/', countOf(damaged.length, 'file')]);
  const more = "'leveret store verify' tells more";
  if (problems !== 0) lines.push(['Problems', `${problems}: ${more}`]);
  return lines.map(([what = '', text]) => `${what.padEnd(12)} ${text}`).join('\n');
}

function lockText(lock: Inspection['lock']): string {
  if (lock === null) return 'none: the folder is free, and was left in good order';
  if (lock.pid === null) return 'cannot be read';
  const who = `process ${lock.pid} of ${nameOf(lock.host ?? '')}`;
  return lock.held ? `held by ${who}` : `left by ${who}, which is gone`;
}

const QUEUE_HEAD = [
  'vhost',
  'name',
  'number',
  'messages',
  'size',
  'in journal',
  'in segments',
  'transient',
  'handed out',
];

function whatItIs({ vhost, exchange }: InspectedQueue): string {
  if (vhost === null) return 'no definition';
  return exchange === null ? 'delayed messages' : `seen by exchange ${nameOf(exchange)}`;
}

function queueRow(queue: InspectedQueue): string[] {
  const mark = queue.handed_out_through;
  return [
    queue.vhost === null ? '?' : nameOf(queue.vhost),
    queue.name === null ? `(${whatItIs(queue)})` : nameOf(queue.name),
    String(queue.number),
    String(queue.messages),
    sizeOf(queue.octets),
    String(queue.journal.messages),
    queue.segments.files === 0
      ? '0'
      : `${queue.segments.messages} in ${countOf(queue.segments.files, 'file')}`,
    String(queue.transient),
    mark < 0 ? 'none' : `to ${mark}`,
  ];
}

function exchangeRows({ exchanges }: Inspection): string[][] {
  return (exchanges as readonly Exchange[]).map((each) => [
    nameOf(each.vhost),
    nameOf(each.name),
    each.type,
    argumentsText(each.arguments),
  ]);
}

function bindingRows({ bindings }: Inspection): string[][] {
  return (bindings as readonly Binding[]).map((each) => [
    nameOf(each.vhost),
    nameOf(each.source),
    `${each.destination_type} ${nameOf(each.destination)}`,
    nameOf(each.routing_key),
    argumentsText(each.arguments),
  ]);
}

function argumentsText(args: object): string {
  const text = JSON.stringify(args);
  return text === '{}' ? '' : text;
}

function fileRows({ journal, segments, packs, metadata }: Inspection): string[][] {
  return [
    ...metadata.map(({ file, octets, lines }) => [file, sizeOf(octets), countOf(lines, 'line')]),
    ...journal.map((each) => [each.file, sizeOf(each.octets), countOf(each.records, 'record')]),
    ...segments.map(({ file, octets, messages, counting }) => [
      file,
      sizeOf(octets),
      `${countOf(messages, 'message')}, ${counting} of them not settled`,
    ]),
    ...packs.map(({ file, octets, sections, messages, counting }) => [
      file,
      sizeOf(octets),
      `${countOf(messages, 'message')} in ${countOf(sections, 'segment')}, ${counting} not settled`,
    ]),
  ];
}

function table(title: string, head: readonly string[], rows: readonly string[][]): string {
  if (rows.length === 0) return '';
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    all.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}
