/**
 * `leveret store verify`: reads every record of every file of a data folder and says what is wrong.
 *
 * A *damage* is what costs something or should not be there in a folder that only ever was killed
 * or lost power; a *note* is what such a folder may have, or what nobody but a person can judge.
 * Changes nothing. Segments are checked in verify-segment.ts, packs in verify-pack.ts, names
 * in verify-names.ts.
 */
import { join } from 'node:path/posix';
import { readPosition } from '../store/file/format.ts';
import type { JournalFound } from '../store/file/journal-reader.ts';
import type { Damage } from '../store/file/records.ts';
import { type FolderParts, type OpenFolder, openFolder } from './folder.ts';
import { within } from './inspect.ts';
import { messageProblem } from './message-json.ts';
import { checkNames } from './verify-names.ts';
import { checkPack } from './verify-pack.ts';
import { checkSegment } from './verify-segment.ts';
import { countOf } from './words.ts';

export interface Finding {
  readonly level: 'damage' | 'note';
  /** The file, within the data folder. */
  readonly where: string;
  readonly octets?: readonly [from: number, to: number];
  readonly what: string;
}

export interface Verified {
  readonly damages: number;
  readonly notes: number;
  /** One sentence about all of it. */
  readonly summary: string;
}

export function findingText({ level, where, octets, what }: Finding): string {
  const at = octets === undefined ? '' : `, octets ${octets[0]} to ${octets[1]}`;
  return `${level}: ${where}${at}: ${what}`;
}

/**
 * Tells `found` of everything, as it goes.
 * @throws DataFolderError when the folder is in use, or cannot be used; the system's error
 */
export async function verifyFolder(
  parts: FolderParts,
  found: (finding: Finding) => void,
): Promise<Verified> {
  const folder = await openFolder(parts, false);
  let [damages, notes] = [0, 0];
  const tell = (finding: Finding) => {
    if (finding.level === 'damage') damages++;
    else notes++;
    found(finding);
  };
  await checkNames(folder, tell);
  checkDefinitions(folder, tell);
  await checkJournals(folder, tell);
  for (const file of folder.view.segments) await checkSegment(folder, file, tell);
  for (const file of folder.view.packs) await checkPack(folder, file, tell);
  checkQueues(folder, tell);
  await folder.checkStillFree();
  const { journals, segments, packs, metadata } = folder.view;
  const files = [
    countOf(metadata.lines.size, 'metadata file'),
    countOf(journals.length, 'journal file'),
    countOf(segments.length, 'segment'),
    countOf(packs.length, 'pack'),
  ];
  const read = `${files.slice(0, -1).join(', ')} and ${files.at(-1)} were read`;
  const state = damages === 0 ? 'sound' : countOf(damages, 'damage');
  const more = notes === 0 ? '' : `, ${countOf(notes, 'note')}`;
  return { damages, notes, summary: `${state}${more}: ${read}` };
}

type Tell = (finding: Finding) => void;

function checkDefinitions({ view, definitions }: OpenFolder, tell: Tell): void {
  for (const { name, from, to, what, isTorn } of view.metadata.problems) {
    const where = `metadata/${name}`;
    if (isTorn) tell({ level: 'note', where, octets: [from, to], what });
    else tell({ level: 'damage', where, octets: [from, to], what });
  }
  if (view.metadata.isIncomplete && view.queues.size !== 0) {
    tell({
      level: 'damage',
      where: 'metadata',
      what: 'files are missing, and definitions with them',
    });
  }
  for (const what of definitions.problems) tell({ level: 'damage', where: 'metadata', what });
}

async function checkJournals(folder: OpenFolder, tell: Tell): Promise<void> {
  const { view } = folder;
  for (const [first, last] of view.missingJournals) {
    const what = `files ${first} to ${last} are missing, and what only stood there`;
    tell({ level: 'damage', where: 'journal', what });
  }
  for (const [index, journal] of view.journals.entries()) {
    await checkJournal(folder, journal, index === view.journals.length - 1, tell);
  }
  for (const [number, queue] of view.queues) {
    for (const { position, bytes, start, end, place } of queue.recovered) {
      const problem = messageProblem(bytes, start, end);
      if (problem === null) continue;
      const name = folder.definitions.ownerOf(number);
      const what = `the message at position ${position} of ${name} cannot be read: ${problem}`;
      tell({ level: 'damage', where: `journal file ${place}`, what });
    }
  }
}

async function checkJournal(
  folder: OpenFolder,
  { path, size, damages, orphans, unknown }: JournalFound,
  isNewest: boolean,
  tell: Tell,
): Promise<void> {
  const where = within(folder.view.path, path);
  if (size === 0 && !isNewest) tell({ level: 'damage', where, what: 'it is empty' });
  for (const damage of damages) {
    const { from, to, isCut } = damage;
    if (to === from) continue;
    const octets = [from, to] as const;
    const torn = 'a write that was not finished: it had not been said to be safe';
    if (isCut) tell({ level: 'note', where, octets, what: torn });
    else tell({ level: 'damage', where, octets, what: await lostIn(folder, path, damage) });
  }
  const repeats = `${countOf(orphans, 'record')} that say what one that is lost said`;
  if (orphans !== 0) tell({ level: 'damage', where, what: repeats });
  const newer = `${countOf(unknown, 'record')} of a kind that this version does not know`;
  if (unknown !== 0) tell({ level: 'damage', where, what: newer });
}

/** What the damaged octets seem to have been, going by what they still say. */
async function lostIn(
  { view, definitions }: OpenFolder,
  path: string,
  { from, to }: Damage,
): Promise<string> {
  if (from === 0) return 'the head of the file cannot be read; the records behind it can';
  const lost = 'no sound record: what stood there is lost';
  const file = await view.files.open(path, 'read');
  try {
    const head = Buffer.alloc(19);
    const filled = await file.read(head, from);
    const [length, kind] = [head.readUInt32BE(0), head[8]];
    if (filled < head.length || kind === undefined || length + 8 > to - from) return lost;
    const queue = definitions.ownerOf(head.readUInt32BE(9));
    const seems: Readonly<Record<number, string>> = {
      1: `message ${readPosition(head, 13)} of ${queue}`,
      2: `message ${readPosition(head, 13)} of ${queue}`,
      3: `settlements of ${queue}`,
      4: `a mark of what ${queue} had handed out`,
      5: 'a transaction',
    };
    return seems[kind] === undefined ? lost : `${lost}; the first was perhaps ${seems[kind]}`;
  } finally {
    await file.close();
  }
}

function checkQueues({ view, definitions }: OpenFolder, tell: Tell): void {
  for (const [number, queue] of view.queues) {
    if (definitions.knows(number) || queue.isEmpty) continue;
    const messages = countOf(queue.readableCount + queue.recovered.length, 'message');
    const what =
      `queue number ${number} has ${messages} and no definition: it was being deleted, ` +
      'or its definition is lost';
    tell({ level: 'note', where: join('queues', String(number)), what });
  }
  for (const [number, { segments }] of view.queues) {
    for (const [index, segment] of segments.slice(1).entries()) {
      const before = segments[index];
      if (before === undefined || before.last < segment.first) continue;
      const what = `it overlaps ${within(view.path, before.path)}`;
      const name = definitions.ownerOf(number);
      const where = within(view.path, segment.path);
      tell({ level: 'damage', where, what: `${what}: messages of ${name} are there twice` });
    }
  }
}
