/**
 * One pack: its sections, each checked as a segment is, and that their heads say what its directory
 * does.
 */
import type { PackFile } from '../store/file/folder-view.ts';
import {
  PACK_HEADER_BYTES,
  packHeader,
  SECTION_HEAD_BYTES,
  sectionHead,
} from '../store/file/format.ts';
import type { Pack, Section } from '../store/file/pack.ts';
import type { OpenFolder } from './folder.ts';
import { within } from './inspect.ts';
import type { Finding } from './verify.ts';
import { checkSegment } from './verify-segment.ts';
import { countOf } from './words.ts';

type Tell = (finding: Finding) => void;

export async function checkPack(folder: OpenFolder, file: PackFile, tell: Tell): Promise<void> {
  const { path, pack, isBroken, ownerless } = file;
  const where = within(folder.view.path, path);
  const sections = pack?.sections ?? [];
  if (isBroken) {
    const queues = new Set(sections.map(({ queue }) => queue)).size;
    const found = `${countOf(pack?.count ?? 0, 'message')} of ${countOf(queues, 'queue')}`;
    const lost = ownerless === 0 ? '' : `; of ${ownerless} more cannot be told whose they are`;
    const what = `it has no sound end, and so no directory; ${found} can be read${lost}`;
    tell({ level: 'damage', where, what });
  } else if (pack !== null) await checkHeads(folder, pack, tell);
  for (const section of sections) await checkSegment(folder, fileOf(file, section), tell);
}

/** The file's, and that of each section, which stands right behind what is before it. */
async function checkHeads({ view, definitions }: OpenFolder, pack: Pack, tell: Tell) {
  const where = within(view.path, pack.path);
  const file = await view.files.open(pack.path, 'read');
  try {
    const header = Buffer.alloc(PACK_HEADER_BYTES);
    await file.read(header, 0);
    if (!header.equals(packHeader(pack.number))) {
      tell({ level: 'damage', where, what: 'the head of the file cannot be read; the rest can' });
    }
    let end = PACK_HEADER_BYTES;
    for (const { queue, segment } of pack.sections) {
      const head = Buffer.alloc(SECTION_HEAD_BYTES);
      await file.read(head, segment.start - SECTION_HEAD_BYTES);
      const isBehind = segment.start === end + SECTION_HEAD_BYTES;
      const octets = [end, segment.start] as const;
      end = segment.end;
      if (isBehind && head.equals(sectionHead(queue, segment.count))) continue;
      const what = `no sound head before the messages of ${definitions.ownerOf(queue)}`;
      tell({ level: 'damage', where, octets, what: `${what}: they can be read all the same` });
    }
  } finally {
    await file.close();
  }
}

/** A section as the part of its file that it is. */
function fileOf({ path, folder, number, size }: PackFile, { queue, segment }: Section) {
  return { path, folder, number, size, queue, segment, isLinked: false, isBroken: false };
}
