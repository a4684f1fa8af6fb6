/**
 * The files of the metadata log: their names, their lines, and reading them.
 *
 *     <data>/metadata/<number>.snapshot   header, then a line of one change for each key
 *     <data>/metadata/<number>.log        header, then a line for each commit
 *     <data>/metadata/<number>.new        a snapshot being written; worth nothing
 *     <data>/damaged/metadata-<name>      a copy of a file in which lines were damaged
 *
 *     header  {"format":"leveret metadata","version":1,"keys":<number, in a snapshot>}
 *     others  [change, ...], a change being [key, value] for a put, [key] for a delete
 *
 * Lines are those of checked-lines.ts. A log goes on from the snapshot of its number, and comes
 * into being only once that snapshot's name is on the disk. The snapshot with the highest number
 * counts; what is older is a leftover.
 *
 * Responsible for whole files: reading them without changing anything, and writing a snapshot. Not
 * responsible for what follows from what is found, or for the log (metadata.ts).
 */
import { type Files, writeFully } from '../files.ts';
import { decodeLines, encodeLine } from './checked-lines.ts';

/** Octets of a snapshot that are put together at a time: the loop is not held for longer. */
const SLICE_BYTES = 256 * 1024;
const FORMAT = 'leveret metadata';
const VERSION = 1;
const NO_SNAPSHOT = 'the snapshot that it goes on from is missing';

/** Files of a version of Leveret that is newer than this one. */
export class NewerMetadata extends Error {}

/** `[key, value]` puts, `[key]` deletes. */
export type Change = readonly [key: string, value: string] | readonly [key: string];

type Kind = 'snapshot' | 'log' | 'new';

export interface MetadataFile {
  readonly name: string;
  readonly kind: Kind;
  readonly number: number;
}

/** What the files say, and what is wrong with them. */
export interface MetadataFound {
  readonly state: Map<string, string>;
  /** The highest number of any file; 0 when there is none. */
  readonly highestNumber: number;
  /** Name of the log that was written last; null when there is none. */
  readonly log: string | null;
  /** Names of the files in which something is damaged, beside a torn end of the log. */
  readonly damaged: readonly string[];
  /** Everything found wrong. */
  readonly problems: readonly MetadataProblem[];
  /** Definitions may be missing of which no file tells: a file that should be there is not. */
  readonly isIncomplete: boolean;
  /** Sound lines, headers too, by the name of the file; of files that count. */
  readonly lines: ReadonlyMap<string, number>;
}

/** Something wrong in `[from, to)` of a file. */
export interface MetadataProblem {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly what: string;
  /** A write that was not finished, and so never counted. */
  readonly isTorn: boolean;
}

export function nameOf(number: number, kind: Kind): string {
  return `${String(number).padStart(10, '0')}.${kind}`;
}

export function header(keys?: number): Buffer {
  return encodeLine({ format: FORMAT, version: VERSION, keys });
}

/** @throws NewerMetadata; the system's errors */
export async function readMetadata(files: Files, folder: string): Promise<MetadataFound> {
  const all = await listMetadata(files, folder);
  const numbers = (kind: Kind) =>
    all.filter((file) => file.kind === kind).map((file) => file.number);
  const number = Math.max(...numbers('snapshot'), 0) || Math.min(...numbers('log'), Infinity);
  const counts = ({ kind, number: own }: MetadataFile) =>
    (kind === 'snapshot' && own === number) || (kind === 'log' && own >= number);
  const reader = new Reader(folder);
  const whole = all.filter(({ kind }) => kind !== 'new');
  // The snapshot of a number stands before its log, and the logs in order.
  const wanted = all
    .filter(counts)
    .sort((a, b) => a.number - b.number || (a.kind < b.kind ? 1 : -1));
  const newest = wanted.at(-1);
  for (const file of wanted) {
    reader.read(file, await readWhole(files, `${folder}/${file.name}`), file === newest);
  }
  if (wanted[0]?.kind === 'log') reader.blame(wanted[0], { from: 0, to: 0 }, NO_SNAPSHOT);
  return {
    state: reader.state,
    highestNumber: Math.max(0, ...all.map((file) => file.number)),
    log: newest?.kind === 'log' ? newest.name : null,
    damaged: [...reader.damaged],
    problems: reader.problems,
    // A snapshot is without its log for a moment, but then the files before it are still there.
    isIncomplete: newest?.kind !== 'log' && whole.length <= 1,
    lines: reader.lines,
  };
}

/** Writes a snapshot to a new file, synced; its size in octets. */
export async function writeSnapshot(
  files: Files,
  path: string,
  entries: readonly Change[],
): Promise<number> {
  const file = await files.open(path, 'create');
  try {
    let size = 0;
    let slice: Buffer[] = [header(entries.length)];
    let sliceBytes = 0;
    const flush = async () => {
      const bytes = Buffer.concat(slice);
      await writeFully(file, [bytes], size);
      size += bytes.length;
      slice = [];
      sliceBytes = 0;
    };
    for (const entry of entries) {
      const line = encodeLine([entry]);
      slice.push(line);
      sliceBytes += line.length;
      if (sliceBytes >= SLICE_BYTES) await flush();
    }
    await flush();
    await file.sync();
    return size;
  } finally {
    await file.close();
  }
}

async function readWhole(files: Files, path: string): Promise<Buffer> {
  const file = await files.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

/** The files of ours in the folder; others are none of our business. */
export async function listMetadata(files: Files, folder: string): Promise<MetadataFile[]> {
  const names = await files.list(folder);
  return names.flatMap((name) => {
    const match = /^(\d{10})\.(snapshot|log|new)$/.exec(name);
    if (match === null) return [];
    return [{ name, kind: match[2] as Kind, number: Number(match[1]) }];
  });
}

type Span = Pick<MetadataProblem, 'from' | 'to'>;

class Reader {
  readonly state = new Map<string, string>();
  readonly damaged = new Set<string>();
  readonly problems: MetadataProblem[] = [];
  readonly lines = new Map<string, number>();
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes what a file says. Only the log written last may be torn, and only at its end. */
  read(file: MetadataFile, bytes: Buffer, isNewest: boolean): void {
    let torn: Span | null = null;
    let expected: number | undefined;
    let good = 0;
    for (const line of decodeLines(bytes)) {
      const { number, start: from, end: to, value } = line;
      const isHeader = number === 1 && line.isGood;
      if (isHeader) expected = this.#checkHeader(file, value, { from, to });
      if (isHeader || (number !== 1 && this.#apply(value))) good++;
      else if (isNewest && file.kind === 'log' && !line.isEnded) torn = { from, to };
      else this.blame(file, { from, to }, `line ${number} is damaged and was skipped`);
    }
    this.lines.set(file.name, good);
    if (torn !== null) {
      const what = `torn at its end, ${torn.to - torn.from} octets were cut off`;
      this.problems.push({ name: file.name, ...torn, what, isTorn: true });
    }
    const isShort = expected !== undefined && expected !== this.state.size;
    if (isShort && !this.damaged.has(file.name)) {
      const end = { from: bytes.length, to: bytes.length };
      this.blame(file, end, `has ${this.state.size} keys of ${expected}`);
    }
  }

  #checkHeader(file: MetadataFile, value: unknown, span: Span): number | undefined {
    const { format, version, keys } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (format !== FORMAT || typeof version !== 'number') {
      this.blame(file, span, 'line 1 is no header');
      return undefined;
    }
    if (version > VERSION) {
      throw new NewerMetadata(
        `${this.#folder}/${file.name} has format version ${version}, and this version of ` +
          `Leveret reads up to ${VERSION}: start it with the newer one`,
      );
    }
    return typeof keys === 'number' ? keys : undefined;
  }

  #apply(value: unknown): boolean {
    if (!Array.isArray(value) || !value.every(isChange)) return false;
    for (const [key, content] of value) {
      if (content === undefined) this.state.delete(key);
      else this.state.set(key, content);
    }
    return true;
  }

  blame({ name }: MetadataFile, span: Span, what: string): void {
    this.damaged.add(name);
    this.problems.push({ name, ...span, what, isTorn: false });
  }
}

function isChange(value: unknown): value is Change {
  if (!Array.isArray(value) || (value.length !== 1 && value.length !== 2)) return false;
  return value.every((each) => typeof each === 'string');
}
