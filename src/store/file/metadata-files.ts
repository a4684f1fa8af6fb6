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
 * Responsible for whole files: reading them without changing anything, writing a snapshot, keeping
 * a copy. Not responsible for what follows from what is found, or for the log (metadata.ts).
 */
import { type Files, writeFully } from '../files.ts';
import { decodeLines, encodeLine } from './checked-lines.ts';

/** Octets of a snapshot that are put together at a time: the loop is not held for longer. */
const SLICE_BYTES = 256 * 1024;
const FORMAT = 'leveret metadata';
const VERSION = 1;
const NO_SNAPSHOT = 'the snapshot that it goes on from is missing';

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
  /** Names of the files that have bad lines elsewhere than at the end of the log. */
  readonly damaged: readonly string[];
  /** One line for each thing found wrong. */
  readonly problems: readonly string[];
}

export function nameOf(number: number, kind: Kind): string {
  return `${String(number).padStart(10, '0')}.${kind}`;
}

export function header(keys?: number): Buffer {
  return encodeLine({ format: FORMAT, version: VERSION, keys });
}

/** @throws Error for a file of a newer format; the system's errors */
export async function readMetadata(files: Files, folder: string): Promise<MetadataFound> {
  const all = await listMetadata(files, folder);
  const numbers = (kind: Kind) =>
    all.filter((file) => file.kind === kind).map((file) => file.number);
  const number = Math.max(...numbers('snapshot'), 0) || Math.min(...numbers('log'), Infinity);
  const counts = ({ kind, number: own }: MetadataFile) =>
    (kind === 'snapshot' && own === number) || (kind === 'log' && own >= number);
  const reader = new Reader(folder);
  // The snapshot of a number stands before its log, and the logs in order.
  const wanted = all
    .filter(counts)
    .sort((a, b) => a.number - b.number || (a.kind < b.kind ? 1 : -1));
  const newest = wanted.at(-1);
  for (const file of wanted) {
    reader.read(file, await readWhole(files, `${folder}/${file.name}`), file === newest);
  }
  if (wanted[0]?.kind === 'log') reader.blame(wanted[0], NO_SNAPSHOT);
  return {
    state: reader.state,
    highestNumber: Math.max(0, ...all.map((file) => file.number)),
    log: newest?.kind === 'log' ? newest.name : null,
    damaged: [...reader.damaged],
    problems: reader.problems,
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

/** Copies a file into `folder` under a name that is free there; the copy's path. */
export async function keepCopy(
  files: Files,
  path: string,
  folder: string,
  name: string,
): Promise<string> {
  const bytes = await readWhole(files, path);
  await files.makeFolder(folder);
  let copy = `${folder}/metadata-${name}`;
  for (let next = 1; await files.exists(copy); next++) copy = `${folder}/metadata-${name}.${next}`;
  const file = await files.open(copy, 'create');
  try {
    await writeFully(file, [bytes], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.syncFolder(folder);
  return copy;
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

class Reader {
  readonly state = new Map<string, string>();
  readonly damaged = new Set<string>();
  readonly problems: string[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes what a file says. Only the log written last may be torn, and only at its end. */
  read(file: MetadataFile, bytes: Buffer, isNewest: boolean): void {
    let bad: { readonly number: number; readonly start: number } | null = null;
    let expected: number | undefined;
    for (const line of decodeLines(bytes)) {
      if (bad !== null) this.#skip(file, bad.number);
      bad = null;
      if (line.number === 1 && line.isGood) expected = this.#checkHeader(file, line.value);
      else if (line.number === 1 || !this.#apply(line.value)) bad = line;
    }
    if (bad !== null && isNewest && file.kind === 'log') {
      const cut = bytes.length - bad.start;
      this.problems.push(`${this.#path(file)}: torn at its end, ${cut} octets were cut off`);
    } else if (bad !== null) this.#skip(file, bad.number);
    const isShort = expected !== undefined && expected !== this.state.size;
    if (isShort && !this.damaged.has(file.name)) {
      this.blame(file, `has ${this.state.size} keys of ${expected}`);
    }
  }

  #checkHeader(file: MetadataFile, value: unknown): number | undefined {
    const { format, version, keys } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (format !== FORMAT || typeof version !== 'number') {
      this.blame(file, 'line 1 is no header');
      return undefined;
    }
    if (version > VERSION) {
      throw new Error(
        `${this.#path(file)} has format version ${version}, and this version of Leveret reads ` +
          `up to ${VERSION}: start it with the newer one`,
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

  #skip(file: MetadataFile, line: number): void {
    this.blame(file, `line ${line} is damaged and was skipped`);
  }

  blame(file: MetadataFile, problem: string): void {
    this.damaged.add(file.name);
    this.problems.push(`${this.#path(file)}: ${problem}`);
  }

  #path({ name }: MetadataFile): string {
    return `${this.#folder}/${name}`;
  }
}

function isChange(value: unknown): value is Change {
  if (!Array.isArray(value) || (value.length !== 1 && value.length !== 2)) return false;
  return value.every((each) => typeof each === 'string');
}
