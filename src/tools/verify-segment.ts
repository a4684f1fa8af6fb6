/**
 * One segment, checked record by record, and its index against what is there.
 */

import type { SegmentFile } from '../store/file/folder-view.ts';
import { SEGMENT_HEADER_BYTES } from '../store/file/format.ts';
import type { Damage } from '../store/file/records.ts';
import type { Segment } from '../store/file/segment.ts';
import { type LostRecord, SegmentReader } from '../store/file/segment-reader.ts';
import type { OpenFolder } from './folder.ts';
import { within } from './inspect.ts';
import { messageProblem } from './message-json.ts';
import type { Finding } from './verify.ts';
import { countOf, runsOf } from './words.ts';

interface Place {
  readonly position: number;
  readonly offset: number;
  readonly end: number;
  readonly problem: string | null;
}

interface Scanned {
  readonly places: readonly Place[];
  readonly damages: readonly Damage[];
  readonly lost: readonly LostRecord[];
  readonly transientCount: number;
}

export async function checkSegment(
  { view, definitions }: OpenFolder,
  file: SegmentFile,
  tell: (finding: Finding) => void,
): Promise<void> {
  const { segment, size, isBroken, path } = file;
  const where = within(view.path, path);
  const damage = (what: string, octets?: readonly [number, number]) =>
    tell({ level: 'damage', where, what, ...(octets === undefined ? {} : { octets }) });
  const queue = definitions.ownerOf(file.queue);
  const scanned = await scan(view.files, file, isBroken ? size : (segment?.end ?? size));
  if (isBroken) {
    const found = countOf(scanned.places.length, 'message');
    damage(`it has no sound end, and so no index; ${found} of ${queue} can be read`);
  }
  for (const each of scanned.damages) {
    // Without an end, what is behind the last record is index and footer.
    if (isBroken && each.to === size) continue;
    damage(lost(segment, isBroken, scanned.places, each, queue), [each.from, each.to]);
  }
  for (const { position, path: file, from, to } of scanned.lost) {
    const what = `no sound record: ${costOf(segment, [position], queue)}`;
    tell({ level: 'damage', where: within(view.path, file), what, octets: [from, to] });
  }
  for (const { position, offset, end, problem } of scanned.places) {
    if (problem === null) continue;
    damage(`message ${position} of ${queue} cannot be read: ${problem}`, [offset, end]);
  }
  if (segment !== null && !isBroken) checkIndex(segment, scanned, damage);
}

async function scan(
  files: OpenFolder['view']['files'],
  { path, segment, isLinked }: SegmentFile,
  end: number,
): Promise<Scanned> {
  const start = segment?.start ?? SEGMENT_HEADER_BYTES;
  const reader = await SegmentReader.open(files, { path, start, end, isLinked });
  try {
    const { records, damages, lost } = await reader.sound();
    const places = records.map(({ position, offset, next, bytes, start, end: to }) => {
      return { position, offset, end: next, problem: messageProblem(bytes, start, to) };
    });
    const transientCount = records.filter(({ isTransient }) => isTransient).length;
    return { places, damages, lost, transientCount };
  } finally {
    await reader.close();
  }
}

/** The messages that stood between the sound records on both sides of a damage. */
function lost(
  segment: Segment | null,
  isBroken: boolean,
  places: readonly Place[],
  { from, to }: Damage,
  queue: string,
): string {
  if (segment === null || isBroken) return `no sound record: messages of ${queue} are lost`;
  const before = places.findLast(({ offset }) => offset < from)?.position ?? -1;
  const behind = places.find(({ offset }) => offset >= to)?.position ?? Number.POSITIVE_INFINITY;
  const positions: number[] = [];
  for (const position of segment.positions()) {
    if (position > before && position < behind) positions.push(position);
  }
  return `no sound record: ${costOf(segment, positions, queue)}`;
}

/** What it costs that messages cannot be read. */
function costOf(segment: Segment | null, positions: readonly number[], queue: string): string {
  const counting = positions.filter((position) => segment?.isLive(position) !== false);
  const which = `${countOf(positions.length, 'message')} of ${queue} (${runsOf(positions)})`;
  const settled = counting.length === 0 ? 'all settled' : `${counting.length} of them not settled`;
  return `${which} cannot be read, ${settled}`;
}

function checkIndex(
  segment: Segment,
  { places, damages, lost, transientCount }: Scanned,
  damage: (what: string) => void,
): void {
  const strangers = places.filter(({ position }) => !segment.has(position));
  if (strangers.length !== 0) {
    const which = runsOf(strangers.map(({ position }) => position));
    damage(`its index does not fit: it lacks ${which}`);
  }
  const isOrdered = places.every(({ position }, i) => position > (places[i - 1]?.position ?? -1));
  if (!isOrdered) damage('its records are not in order of position');
  if (damages.length !== 0 || lost.length !== 0) return;
  const found = new Set(places.map(({ position }) => position));
  const missing = [...segment.positions()].filter((position) => !found.has(position));
  if (missing.length !== 0) damage(`its index does not fit: ${runsOf(missing)} are not there`);
  if (places.length !== segment.count || transientCount !== segment.transientCount) {
    damage(
      `its index does not fit: it counts ${segment.count} records, ${segment.transientCount} of ` +
        `them transient, and there are ${places.length}, ${transientCount} of them transient`,
    );
  }
}
