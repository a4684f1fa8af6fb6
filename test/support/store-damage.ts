// A data folder with something in every kind of file, and ways of damaging it. What a start owes is
// known: every message whose record no damage touches.
import type { StoreLimits } from '../../src/store/file/checkpoint.ts';
import { journalHeader } from '../../src/store/file/format.ts';
import { JournalBuffer } from '../../src/store/file/journal-buffer.ts';
import { ALL_IN_MEMORY } from '../../src/store/port.ts';
import { MemoryFiles } from './memory-files.ts';
import { contentsOf, Entry, type Opened, openStore, textOf } from './store-stage.ts';

export const QUEUES = [1, 2, 3] as const;

/** Octets before the text of a record: those of the frame, and those of the body. */
const MOST_HEAD_BYTES = 19;

/** Octets behind the key in its line. */
const VALUE = 'x'.repeat(40);
const LINE_TAIL_BYTES = `","${VALUE}"]]\n`.length;

export type Contents = ReadonlyMap<string, Buffer>;

/** What is to be kept: the texts of each queue, in order, and the names in the metadata. */
export interface Owed {
  readonly contents: Contents;
  readonly texts: ReadonlyMap<number, readonly string[]>;
  readonly keys: readonly string[];
}

/** Turns of the loop, so that what is under way is done. */
export async function rest(): Promise<void> {
  for (let turns = 0; turns < 60; turns++) await new Promise((resolve) => setImmediate(resolve));
}

export function copyOf(files: MemoryFiles): Contents {
  return new Map(files.paths().map((path) => [path, files.contentOf(path)]));
}

export function filesOf(contents: Contents): MemoryFiles {
  const files = new MemoryFiles(1);
  for (const [path, content] of contents) files.plant(path, content);
  return files;
}

async function commit({ store }: Opened): Promise<void> {
  await new Promise<void>((resolve) => store.whenSafe({ settle: () => resolve() }));
  await rest();
}

/**
 * Two queues with more than what is in the journal, in segments or by the limits in packs, one with
 * little; some of it settled.
 */
export async function makeFolder(limits?: StoreLimits): Promise<Owed> {
  const files = new MemoryFiles(1);
  const opened = await openStore(files, false, limits);
  const { store } = opened;
  store.started(new Set());
  const all = new Map<number, Entry[]>();
  for (const number of QUEUES) {
    store.metadata.put(`queue ${number}`, VALUE);
    store.queue(number).attach(ALL_IN_MEMORY);
    all.set(number, []);
    await commit(opened);
  }
  for (let step = 0; step < 26; step++) {
    for (const number of step % 5 === 0 ? QUEUES : [1, 2]) {
      const queue = store.queue(number);
      const entry = new Entry(queue.nextPosition, `<${number}/${step}>`.padEnd(70, '.'));
      queue.append(entry, entry);
      all.get(number)?.push(entry);
    }
    await commit(opened);
  }
  for (const number of QUEUES) {
    const entries = all.get(number) as Entry[];
    for (const settled of entries.splice(2, 2)) store.queue(number).settle(settled);
    store.queue(number).delivered(1);
  }
  await commit(opened);
  return {
    contents: copyOf(files),
    texts: new Map([...all].map(([number, entries]) => [number, entries.map((e) => e.text)])),
    keys: QUEUES.map((number) => `queue ${number}`),
  };
}

/** Whether `[from, to)` of a file touches the record, or the line, that holds `text`. */
export function isHit(content: Buffer, text: string, from: number, to: number): boolean {
  const bytes = text.length + (text.startsWith('<') ? 0 : LINE_TAIL_BYTES);
  for (let at = content.indexOf(text); at !== -1; at = content.indexOf(text, at + 1)) {
    if (from < at + bytes && to > at - MOST_HEAD_BYTES) return true;
  }
  return false;
}

export interface Found {
  readonly texts: ReadonlyMap<number, string[]>;
  readonly keys: readonly string[];
  readonly reports: readonly string[];
}

/** Starts on the files, reads everything, stops as if killed; the files are as that left them. */
export async function startOn(
  files: MemoryFiles,
): Promise<Found & { readonly after: MemoryFiles }> {
  const opened = await openStore(files);
  const { store, reports } = opened;
  const texts = new Map<number, string[]>();
  for (const number of QUEUES) {
    const queue = store.queue(number);
    texts.set(number, (await contentsOf(queue)).map(textOf));
  }
  const keys = Array.from(store.metadata.entries(), ([key]) => key);
  await commit(opened);
  const queueKeys = keys.filter((key) => key.startsWith('queue'));
  return { texts, keys: queueKeys, reports, after: files.kill() };
}

/** A journal file with these records of one queue, from position 50 on. */
export function journalOf(number: number, queue: number, texts: readonly string[]): Buffer {
  const buffer = new JournalBuffer();
  buffer.seed = number;
  for (const [index, text] of texts.entries()) buffer.publish(queue, new Entry(50 + index, text));
  return Buffer.concat([journalHeader(number), ...buffer.take().pieces]);
}
