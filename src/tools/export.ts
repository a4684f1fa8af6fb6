/**
 * `leveret store export`: the definitions, then every message that counts, as lines of JSON.
 *
 *     {"kind":"definitions", ...}   as RabbitMQ exports them (definitions.ts)
 *     {"kind":"message", ...}       queue by queue, in order (message-json.ts)
 *                                   those that wait for their time behind the queues, with
 *                                   "delayed": {"due_at", "to_exchange" or "to_queue"}
 *     {"kind":"value", ...}         what an exchange remembers (x-message-deduplication): "value",
 *                                   with the letter of its type in front, and "until"
 *     {"kind":"record", ...}        a record that is no readable message: its octets in base64
 *
 * Reads piece by piece: memory does not grow with a queue. What is damaged is left out and told of.
 * Changes nothing.
 */

import { RecordReader } from '../broker/message-record.ts';
import type { Queue } from '../broker/queue.ts';
import type { Product } from '../definitions/export.ts';
import type { StoredRecord } from '../store/port.ts';
import { type FolderParts, type OpenFolder, openFolder } from './folder.ts';
import { messageJson, readRecord, seenJson } from './message-json.ts';

export interface ExportParts extends FolderParts {
  readonly product: Product;
  /** Only queues of this name, or of this virtual host; undefined: all, also those without. */
  readonly queue?: string | undefined;
  readonly vhost?: string | undefined;
  /** Tells a person of what is left out. */
  report(line: string): void;
}

/**
 * The lines, each with its newline.
 * @throws DataFolderError when the folder is in use, or cannot be used; the system's error
 */
export async function* exportFolder(parts: ExportParts): AsyncGenerator<string> {
  const folder = await openFolder(parts, true);
  const { view, definitions } = folder;
  reportProblems(folder, parts.report);
  yield lineOf({ kind: 'definitions', ...definitions.exported(parts.product) });
  for (const [number, queue] of queuesOf(folder, parts)) {
    const kept = view.queues.get(number);
    if (kept === undefined) continue;
    const aside = definitions.asides.get(number);
    const vhost = queue?.vhost ?? aside?.vhost ?? null;
    const exchange = aside?.exchange ?? null;
    const names = { vhost, queue: queue?.name ?? null, exchange, number };
    const records = new RecordReader();
    for await (const batch of view.messagesOf(kept, parts.report)) {
      for (const record of batch) yield lineOf(exported(record, names, records, parts.report));
    }
  }
  await folder.checkStillFree();
}

interface Names {
  readonly vhost: string | null;
  readonly queue: string | null;
  readonly exchange: string | null;
  readonly number: number;
}

function exported(
  { bytes, start, end, position, redelivered }: StoredRecord,
  { number, exchange, ...names }: Names,
  records: RecordReader,
  report: (line: string) => void,
): object {
  const place = { ...names, ...(names.queue === null ? { queue_number: number } : {}), position };
  try {
    const seen = seenJson(bytes, start, end);
    if (seen !== null) return { kind: 'value', vhost: names.vhost, exchange, ...seen };
    const { message, waiting } = readRecord(records, bytes, start, end);
    return { kind: 'message', ...place, ...waiting, redelivered, ...messageJson(message) };
  } catch (error) {
    const name = names.queue === null ? `queue number ${number}` : `queue ${names.queue}`;
    report(`message ${position} of ${name} cannot be read, its record is exported: ${error}`);
    return { kind: 'record', ...place, record: bytes.toString('base64', start, end) };
  }
}

/** Those that are defined, then those that are not. */
function* queuesOf(
  { view, definitions }: OpenFolder,
  { queue, vhost }: ExportParts,
): Iterable<readonly [number: number, queue: Queue | undefined]> {
  for (const [number, each] of definitions.queues) {
    const isWanted = queue === undefined || each.name === queue;
    if (isWanted && (vhost === undefined || each.vhost === vhost)) yield [number, each];
  }
  if (queue !== undefined || vhost !== undefined) return;
  for (const [number, kept] of view.queues) {
    if (!definitions.queues.has(number) && !kept.isEmpty) yield [number, undefined];
  }
}

/** What a start would report; damage within segments is told of when it is met. */
function reportProblems({ view, definitions }: OpenFolder, report: (line: string) => void): void {
  const { metadata, journals, missingJournals, segments, packs } = view;
  for (const { name, what } of metadata.problems) report(`metadata/${name}: ${what}`);
  for (const what of definitions.problems) report(what);
  for (const [first, last] of missingJournals) {
    report(`journal files ${first} to ${last} are missing`);
  }
  for (const { path, damages, orphans, unknown } of journals) {
    for (const { from, to, isCut } of damages) {
      if (!isCut) report(`${path}: octets ${from} to ${to} are damaged and left out`);
    }
    const left = orphans + unknown;
    if (left !== 0) report(`${path}: ${left} records that cannot be understood are left out`);
  }
  for (const { path, isBroken, pack, ownerless } of packs) {
    if (!isBroken) continue;
    const lost = ownerless === 0 ? '' : `, and ${ownerless} of which cannot be told whose they are`;
    report(`${path}: it has no sound end; ${pack?.count ?? 0} messages were found${lost}`);
  }
  for (const { path, isBroken, queue, segment } of segments) {
    if (!isBroken) continue;
    const name = definitions.ownerOf(queue);
    report(`${path}: it has no sound end; ${segment?.count ?? 0} messages of ${name} were found`);
  }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
