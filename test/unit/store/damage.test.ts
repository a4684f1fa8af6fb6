// A start on a damaged data folder: it succeeds, what no damage touched is there, a line says what
// was left out, the damaged file is kept as it was, and the next start finds the same.
import { expect } from 'chai';
import { linksOf } from '../../support/links.ts';
import type { MemoryFiles } from '../../support/memory-files.ts';
import {
  type Contents,
  copyOf,
  type Found,
  filesOf,
  isHit,
  makeFolder,
  type Owed,
  startOn,
} from '../../support/store-damage.ts';
import { TINY_LIMITS } from '../../support/store-stage.ts';

const PAGE_BYTES = 64;

/** What was done to a file: its content now, null when it is gone, and the octets concerned. */
interface Damage {
  readonly content: Buffer | null;
  readonly from: number;
  readonly to: number;
}

function flip(content: Buffer, at: number): Damage {
  const damaged = Buffer.from(content);
  damaged[at] = (damaged[at] as number) ^ 0x40;
  return { content: damaged, from: at, to: at + 1 };
}

function zero(content: Buffer, at: number): Damage {
  const damaged = Buffer.from(content);
  const to = Math.min(at + PAGE_BYTES, content.length);
  return { content: damaged.fill(0, at, to), from: at, to };
}

const cut = (content: Buffer, at: number): Damage => ({
  content: content.subarray(0, at),
  from: at,
  to: content.length,
});

function damaged(contents: Contents, path: string, { content }: Damage): MemoryFiles {
  const changed = new Map(contents);
  if (content === null) changed.delete(path);
  else changed.set(path, content);
  return filesOf(changed);
}

function copies(files: MemoryFiles): Buffer[] {
  const paths = files.paths().filter((path) => path.startsWith('/data/damaged/'));
  return paths.map((path) => files.contentOf(path));
}

const SEGMENTS = ['/data/queues/1/N.segment', '/data/queues/1/N.records'];
/** All that moves goes to packs. */
const PACKS = { ...TINY_LIMITS, segmentMinBytes: 20_000, copiedBytes: 0 };

for (const [what, limits, kinds] of [
  ['with segments', TINY_LIMITS, SEGMENTS],
  ['with packs', PACKS, ['/data/packs/N.pack']],
] as const) {
  describe(`a start on a damaged folder ${what}`, () => {
    let owed: Owed;
    before(async () => {
      owed = await makeFolder(limits);
    });

    /** Compares with what is owed; whether anything is missing. */
    function check(found: Found, path: string, { from, to }: Damage, what: string): boolean {
      const content = owed.contents.get(path) as Buffer;
      let isMissing = false;
      // What a segment says of a record in another file may be hit where the record is not.
      const links = path.endsWith('.segment') ? linksOf(content) : [];
      const hit = links.filter((link) => from < link.to && to > link.from);
      const isHitHere = (text: string) =>
        isHit(content, text, from, to) ||
        hit.some(({ recordFrom, recordTo }) => {
          const records = owed.contents.get(path.replace(/segment$/, 'records')) as Buffer;
          return records.toString('latin1', recordFrom, recordTo).includes(text);
        });
      const compare = (all: readonly string[], there: readonly string[]) => {
        const kept = all.filter((each) => there.includes(each) || !isHitHere(each));
        isMissing ||= kept.length !== all.length;
        // Settled messages may come back when the record that settled them is gone; in order.
        expect(
          there.filter((each) => all.includes(each)),
          what,
        ).to.deep.equal(kept);
      };
      for (const [queue, texts] of owed.texts) compare(texts, found.texts.get(queue) ?? []);
      compare(owed.keys, found.keys);
      return isMissing;
    }

    async function run(path: string, damage: Damage, what: string): Promise<void> {
      const first = await startOn(damaged(owed.contents, path, damage));
      const isMissing = check(first, path, damage, what);
      if (isMissing && !isUnnoticed(path, damage))
        expect(first.reports, what).not.to.deep.equal([]);
      const second = await startOn(first.after);
      expect(second.texts, `${what}, second start`).to.deep.equal(first.texts);
      expect(second.keys, `${what}, second start`).to.deep.equal(first.keys);
      const isTorn = first.reports.some((line) => /no whole record|torn at its end/.test(line));
      if (first.reports.length === 0 || isTorn || damage.content === null) return;
      const kept = copies(second.after).some((copy) => copy.equals(damage.content as Buffer));
      expect(kept, `${what}: kept as it was`).to.equal(true);
    }

    /**
     * A segment, a pack, or the oldest journal file, is known by its file alone; that a journal or
     * a log was longer, by a record that is cut.
     */
    function isUnnoticed(path: string, { content, from, to }: Damage): boolean {
      const journals = [...owed.contents.keys()].filter((each) => each.includes('.journal'));
      const isNamed = /segment|pack/.test(path);
      if (content === null) return isNamed || path === journals[0];
      const whole = owed.contents.get(path) as Buffer;
      const all = [...owed.keys, ...[...owed.texts.values()].flat()];
      const isInside = (text: string) =>
        isHit(whole, text, from, from + 1) && isHit(whole, text, from - 1, from);
      return to === whole.length && !isNamed && !all.some(isInside);
    }

    it('has something in every kind of file', () => {
      const found = [...owed.contents.keys()].map((path) => path.replace(/\d{10}/, 'N'));
      expect(new Set(found)).to.include.members([
        ...kinds,
        '/data/journal/N.journal',
        '/data/metadata/N.snapshot',
        '/data/metadata/N.log',
      ]);
    });

    it('finds all of it when nothing is damaged, and has nothing to say', async () => {
      const found = await startOn(filesOf(owed.contents));
      expect(found.texts).to.deep.equal(owed.texts);
      expect(found.keys).to.deep.equal(owed.keys);
      expect(found.reports).to.deep.equal([]);
      expect(copies(found.after)).to.deep.equal([]);
    });

    for (const [name, damage, step] of [
      ['an octet flipped', flip, 17],
      ['a page of zeros', zero, 23],
      ['the end cut off', cut, 19],
    ] as const) {
      it(`keeps what it can, wherever it is: ${name}`, async () => {
        for (const [path, content] of owed.contents) {
          for (let at = 0; at < content.length; at += step) {
            await run(path, damage(content, at), `${path}, ${name} at ${at}`);
          }
        }
      });
    }

    it('keeps what it can: a file missing', async () => {
      for (const [path, content] of owed.contents) {
        await run(path, { content: null, from: 0, to: content.length }, `${path} gone`);
      }
    });

    it('says what was left out in one line, with the file and the octets', async () => {
      const [path = ''] = [...owed.contents.keys()].filter((each) => each.includes('.journal'));
      const content = owed.contents.get(path) as Buffer;
      const { reports, after } = await startOn(damaged(owed.contents, path, zero(content, 40)));
      const name = path.slice(path.lastIndexOf('/') + 1);
      expect(reports).to.have.length(1);
      expect(reports[0]).to.match(
        new RegExp(
          `^${path}: octets \\d+ to \\d+ of ${content.length} are damaged: left out, the rest ` +
            `was kept; a copy is /data/damaged/journal-${name}$`,
        ),
      );
      expect([...copyOf(after).keys()]).to.include(`/data/damaged/journal-${name}`);
    });
  });
}
