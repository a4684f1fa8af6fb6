import { expect } from 'chai';
import { encodeLine } from '../../../src/store/file/checked-lines.ts';
import { journalHeader } from '../../../src/store/file/format.ts';
import { JournalBuffer } from '../../../src/store/file/journal-buffer.ts';
import { wholePart, writeSegment } from '../../../src/store/file/segment-writer.ts';
import { type Finding, findingText, verifyFolder } from '../../../src/tools/verify.ts';
import { endOf } from '../../support/journal-frames.ts';
import { linksOf } from '../../support/links.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { type Contents, copyOf, filesOf } from '../../support/store-damage.ts';
import { Entry } from '../../support/store-stage.ts';
import { makeToolFolder, PATH, type ToolFolder } from '../../support/tool-folder.ts';

const METADATA = `${PATH}/metadata/0000000001.log`;
const SEGMENT = `${PATH}/queues/1/0000000001.segment`;
const RECORDS = `${PATH}/queues/1/0000000001.records`;

interface Result {
  readonly damages: string[];
  readonly notes: string[];
  readonly summary: string;
}

describe('store verify', () => {
  let folder: ToolFolder;
  let contents: Contents;
  before(async () => {
    folder = await makeToolFolder();
    contents = folder.kill();
  });

  async function verify(files: MemoryFiles): Promise<Result> {
    const before = copyOf(files);
    const found: Finding[] = [];
    const { damages, notes, summary } = await verifyFolder(folder.parts(files), (finding) => {
      found.push(finding);
    });
    expect(copyOf(files), 'nothing is changed').to.deep.equal(before);
    const texts = (level: string) => found.filter((each) => each.level === level).map(findingText);
    expect([texts('damage').length, texts('note').length]).to.deep.equal([damages, notes]);
    return { damages: texts('damage'), notes: texts('note'), summary };
  }

  /** Verifies the folder with other content in some of its files; null takes a file away. */
  function verifyWith(changes: Record<string, Buffer | string | null>): Promise<Result> {
    const changed = new Map(contents);
    for (const [path, content] of Object.entries(changes)) {
      if (content === null) changed.delete(path);
      else changed.set(path, Buffer.from(content));
    }
    return verify(filesOf(changed));
  }

  const contentOf = (path: string) => Buffer.from(contents.get(path) ?? expect.fail(path));
  /** Octets of a journal file that stays under another name are nobody's, but for some records. */
  const isNeeded = (path: string, from: number, to: number) =>
    path.endsWith('.records')
      ? linksOf(contentOf(path.replace(/records$/, 'segment'))).some(
          ({ recordFrom, recordTo }) => from < recordTo && to > recordFrom,
        )
      : !isRoom(path, from, to);
  /** Room behind the last record of a journal file; what turns to zeros before it is cut off. */
  const isRoom = (path: string, from: number, to: number) => {
    if (!path.endsWith('.journal')) return false;
    const end = endOf(contentOf(path));
    return from >= end || (to - from > 1 && to >= end);
  };
  const newestJournal = () =>
    [...contents.keys()].filter((path) => path.endsWith('.journal')).at(-1) as string;

  it('finds nothing in what a killed broker left', async () => {
    const { damages, notes, summary } = await verify(filesOf(contents));
    expect([damages, notes]).to.deep.equal([[], []]);
    expect(summary).to.match(
      /^sound: 2 metadata files, \d journal files?, \d segments and 0 packs were read$/,
    );
  });

  it('finds an octet flipped anywhere', async () => {
    for (const [path, content] of contents) {
      if (path.endsWith('/lock') || path.endsWith('/FORMAT')) continue;
      for (let at = 0; at < content.length; at += 17) {
        if (!isNeeded(path, at, at + 1)) continue;
        const flipped = Buffer.from(content);
        flipped[at] = (flipped[at] as number) ^ 0x10;
        const { damages, notes } = await verifyWith({ [path]: flipped });
        // A length that grew past the end, or a last newline, looks like a write cut short.
        expect(damages.length + notes.length, `${path} at ${at}`).to.be.above(0);
      }
    }
  });

  it('finds a page of zeros anywhere, and an end cut off within a segment', async () => {
    for (const [path, content] of contents) {
      if (path.endsWith('/lock') || path.endsWith('/FORMAT')) continue;
      for (let at = 0; at < content.length; at += 61) {
        if (!isNeeded(path, at, Math.min(at + 40, content.length))) continue;
        const zeros = Buffer.from(content).fill(0, at, Math.min(at + 40, content.length));
        expect((await verifyWith({ [path]: zeros })).damages, `${path} at ${at}`).not.to.be.empty;
        if (!path.includes('segment')) continue;
        const cut = content.subarray(0, at);
        expect((await verifyWith({ [path]: cut })).damages, `${path} to ${at}`).not.to.be.empty;
      }
    }
  });

  it('says where the damage is, and which messages it costs', async () => {
    const content = contentOf(RECORDS);
    for (const [text, what] of [
      ['long 4 ', 'message of queue long in vhost / \\(4\\) cannot be read, 1 of them not settled'],
      ['long 2 ', 'message of queue long in vhost / \\(2\\) cannot be read, all settled'],
    ] as const) {
      const damaged = Buffer.from(content);
      damaged.write('X', damaged.indexOf(text));
      const { damages } = await verifyWith({ [RECORDS]: damaged });
      expect(damages).to.have.length(1);
      expect(damages[0]).to.match(
        new RegExp(
          `^damage: queues/1/0000000001.records, octets \\d+ to \\d+: no sound record: 1 ${what}$`,
        ),
      );
    }
  });

  it('tells what stood in a damaged stretch of the journal, if it can', async () => {
    const path = newestJournal();
    const damaged = contentOf(path);
    damaged.write('X', damaged.lastIndexOf('elsewhere'));
    const { damages, summary } = await verifyWith({ [path]: damaged });
    expect(damages).to.have.length(1);
    expect(damages[0]).to.match(/^damage: journal\/\d+\.journal, octets \d+ to \d+: no sound rec/);
    const what = 'what stood there is lost; the first was perhaps message 0 of queue long in vhost';
    expect(damages[0]?.endsWith(`: ${what} other`), damages[0]).to.equal(true);
    expect(summary).to.match(/^1 damage: /);
  });

  it('takes a torn end of the journal or of the log for what it is', async () => {
    const path = newestJournal();
    const journal = contentOf(path);
    const end = endOf(journal);
    const old = Buffer.alloc(5_000, 'what was written before');
    const torn: [string, Buffer][] = [
      [METADATA, contentOf(METADATA).subarray(0, -3)],
      [path, journal.subarray(0, end - 3)],
      [path, Buffer.from(journal).fill(0, end - 3)],
      [path, Buffer.concat([journal.subarray(0, end - 3), old])],
    ];
    for (const [file, content] of torn) {
      const { damages, notes } = await verifyWith({ [file]: content });
      expect(
        damages.filter((line) => line.includes(file)),
        file,
      ).to.deep.equal([]);
      expect(notes[0]).to.match(/not finished: it had not been said|torn at its end/);
    }
  });

  it('has nothing to say of room behind the last record, and of old octets there', async () => {
    const path = newestJournal();
    const journal = contentOf(path);
    const old = Buffer.alloc(5_000, 'what was written before');
    const { damages, notes } = await verifyWith({ [path]: Buffer.concat([journal, old]) });
    expect(endOf(journal)).to.be.below(journal.length);
    expect([damages, notes]).to.deep.equal([[], []]);
  });

  it('finds an index that does not fit', async () => {
    const other = new MemoryFiles();
    await other.makeFolder('/o');
    const entry = (position: number) =>
      ({ position, record: new Entry(position, '.'), isTransient: false }) as const;
    await writeSegment(other, '/o', 1, 1, wholePart([entry(0), entry(1)]), true);
    await writeSegment(other, '/o', 1, 2, wholePart([entry(0), entry(2)]), true);
    const [first, second] = [1, 2].map((n) => other.contentOf(`/o/000000000${n}.segment`));
    const end = (first as Buffer).readUInt32BE((first as Buffer).length - 24);
    const mixed = Buffer.concat([
      (first as Buffer).subarray(0, end),
      (second as Buffer).subarray(end),
    ]);
    const { damages } = await verifyWith({ [SEGMENT]: mixed });
    const where = 'damage: queues/1/0000000001.segment';
    expect(damages).to.include(`${where}: its index does not fit: it lacks 1`);
    expect(damages).to.include(`${where}: its index does not fit: 2 are not there`);
    expect(damages.some((line) => line.includes('cannot be read: a message record'))).to.equal(
      true,
    );
  });

  it('finds records that repeat one that is lost, and a journal file that is missing', async () => {
    const buffer = new JournalBuffer();
    buffer.seed = 99;
    const shared = new Entry(0, 'shared');
    for (const queue of [1, 2])
      buffer.publish(queue, { position: 90, record: shared, place: 0, frameAt: 0, frameBytes: 0 });
    const journal = Buffer.concat([journalHeader(99), ...buffer.take().pieces]);
    journal.write('X', journal.indexOf('shared'));
    const { damages } = await verifyWith({ [`${PATH}/journal/0000000099.journal`]: journal });
    expect(damages.some((line) => line.includes('1 record that say'))).to.equal(true);
    expect(damages.some((line) => /journal: files \d+ to 98 are missing/.test(line))).to.equal(
      true,
    );
  });

  it('finds definitions that are damaged or refer to what is missing', async () => {
    const lines = [
      encodeLine([['["vhost","/"]', '{}']]),
      encodeLine([['["queue","gone","q"]', '{"number":7,"arguments":[]}']]),
      encodeLine([['["binding","/","nowhere","queue","q","k","0{"]', '{"arguments":[]}']]),
      encodeLine([['["what is this"]', '{}']]),
    ];
    const log = Buffer.concat([encodeLine({ format: 'leveret metadata', version: 1 }), ...lines]);
    const { damages, notes } = await verifyWith({ [METADATA]: log });
    const all = damages.join('\n');
    expect(all).to.contain('metadata: vhost "gone" has no definition, and others are in it');
    expect(all).to.contain('"nowhere"').and.contain('was not recovered: ');
    expect(all).to.contain('definition ["what is this"] was not recovered: it is of no known kind');
    // The queues' own definitions are gone with the log.
    expect(notes.join('\n')).to.match(/note: queues\/1: queue number 1 has 28 messages and no def/);
  });

  it('notes leftovers, and names that it does not know', async () => {
    const { damages, notes } = await verifyWith({
      [`${SEGMENT}.tmp`]: 'begun',
      [`${PATH}/queues/1/notes.txt`]: 'mine',
      [`${PATH}/journal/1.journal`]: 'no number',
      [`${PATH}/metadata/0000000009.new`]: 'begun',
      [`${PATH}/README`]: 'mine',
      [`${PATH}/damaged/1-0000000001.segment`]: 'a copy',
    });
    expect(damages).to.deep.equal([]);
    const stranger = 'a name that is not of the store';
    const left = 'left over from a start or a write that was cut short; the next start removes it';
    expect(notes).to.deep.equal([
      `note: README: ${stranger}`,
      `note: metadata/0000000009.new: ${left}`,
      `note: journal/1.journal: ${stranger}`,
      `note: queues/1/0000000001.segment.tmp: ${left}`,
      `note: queues/1/notes.txt: ${stranger}`,
      'note: damaged: 1 copy of files',
    ]);
  });

  it('finds that the definitions are gone', async () => {
    const { damages } = await verifyWith({
      [METADATA]: null,
      [`${PATH}/metadata/0000000001.snapshot`]: null,
    });
    expect(damages).to.include('damage: metadata: files are missing, and definitions with them');
  });
});
