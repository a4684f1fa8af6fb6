/** What stands in a data folder beside the files that hold data: leftovers, and what is unknown. */
import { join } from 'node:path/posix';
import { isLockName } from '../store/file/folder-lock.ts';
import { numberOf } from '../store/file/format.ts';
import { isSpare } from '../store/file/journal.ts';
import { isLeftAlone } from '../store/file/segment.ts';
import type { OpenFolder } from './folder.ts';
import type { Finding } from './verify.ts';
import { countOf } from './words.ts';

/** Files and folders of the store, and what a file system puts there. */
const KNOWN = new Set([
  'FORMAT',
  'journal',
  'metadata',
  'queues',
  'packs',
  'damaged',
  'temporary',
  'lost+found',
]);
const LEFTOVER = 'left over from a start or a write that was cut short; the next start removes it';

export async function checkNames(
  { view }: OpenFolder,
  tell: (finding: Finding) => void,
): Promise<void> {
  const packs = new Set(view.packs.map(({ number }) => number));
  const list = (...folder: string[]) => view.files.list(join(view.path, ...folder));
  const note = (where: string, what: string) => tell({ level: 'note', where, what });
  const check = (where: string, isKnown: boolean, isLeftover: boolean) => {
    if (isLeftover) note(where, LEFTOVER);
    else if (!isKnown) note(where, 'a name that is not of the store');
  };
  for (const name of await list()) {
    const isTicket = isLockName(name) && name !== 'lock';
    check(name, KNOWN.has(name) || isLockName(name), name === 'FORMAT.new' || isTicket);
  }
  for (const name of await list('metadata')) {
    const isNew = numberOf(name, 'new') !== null;
    const isKnown = numberOf(name, 'snapshot') !== null || numberOf(name, 'log') !== null;
    check(`metadata/${name}`, isKnown, isNew || (isKnown && !view.metadata.lines.has(name)));
  }
  for (const name of await list('journal')) {
    check(`journal/${name}`, numberOf(name, 'journal') !== null || isSpare(name), false);
  }
  for (const queue of await list('queues')) {
    const isQueue = /^\d+$/.test(queue);
    check(`queues/${queue}`, isQueue, false);
    const names = new Set(isQueue ? await list('queues', queue) : []);
    for (const name of names) {
      const isLeft = numberOf(name, 'segment.tmp') !== null || isLeftAlone(name, names);
      const isKnown = numberOf(name, 'segment') !== null || numberOf(name, 'records') !== null;
      check(`queues/${queue}/${name}`, isKnown, isLeft);
    }
  }
  for (const name of await list('packs')) {
    const number = numberOf(name, 'pack');
    const isLeft = name.endsWith('.tmp') || (number !== null && !packs.has(number));
    check(`packs/${name}`, number !== null, isLeft);
  }
  const kept = await list('damaged');
  if (kept.length !== 0) note('damaged', `${countOf(kept.length, 'copy', 'copies')} of files`);
}
