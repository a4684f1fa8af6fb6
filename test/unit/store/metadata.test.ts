import { expect } from 'chai';
import { encodeLine } from '../../../src/store/file/checked-lines.ts';
import { MetadataLog } from '../../../src/store/file/metadata.ts';
import { MemoryFiles } from '../../support/memory-files.ts';

const FOLDER = '/data/metadata';
const FIRST_LOG = `${FOLDER}/0000000001.log`;
const FIRST_SNAPSHOT = `${FOLDER}/0000000001.snapshot`;
const pair = (number: number) =>
  ['log', 'snapshot'].map((kind) => `${FOLDER}/000000000${number}.${kind}`);

describe('MetadataLog', () => {
  let files: MemoryFiles;
  let lines: string[];
  let due: number;

  beforeEach(() => {
    files = new MemoryFiles(1);
    lines = [];
    due = 0;
  });

  const open = (from = files) =>
    MetadataLog.open(
      from,
      '/data',
      (line) => lines.push(line),
      () => due++,
    );
  /** What a broker that starts now would see, with what had to be reported. */
  const reopened = async (from = files.crash()) => {
    const log = await open(from);
    const state = [...log.entries()];
    await log.close();
    return state;
  };
  const failureOf = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => expect.fail('did not fail'),
      (error: Error) => error,
    );

  it('starts with nothing, and says so of nothing', async () => {
    const log = await open();
    expect([...log.entries()]).to.deep.equal([]);
    expect(log.isPending).to.equal(false);
    expect(files.paths()).to.deep.equal([]);
    expect(lines).to.deep.equal([]);
    expect(due).to.equal(0);
  });

  it('keeps what was committed, in the order in which keys were first put', async () => {
    const log = await open();
    for (const key of ['c', 'a', 'b', 'd']) log.put(key, `${key}1`);
    await log.commit();
    log.put('c', 'c2');
    log.delete('b');
    log.delete('none');
    log.put('b', 'b2');
    await log.commit();
    const expected = [
      ['c', 'c2'],
      ['a', 'a1'],
      ['d', 'd1'],
      ['b', 'b2'],
    ];
    expect([...log.entries()]).to.deep.equal(expected);
    expect(await reopened()).to.deep.equal(expected);
    expect(lines).to.deep.equal([]);
  });

  it('keeps any text: newlines, lone surrogates, nothing at all', async () => {
    const texts = ['', '\n', '\ud800 \udc00', '😀', '\0', '"\\', 'a'.repeat(70_000)];
    const log = await open();
    for (const text of texts) log.put(`k${text}`, text);
    await log.commit();
    expect(await reopened()).to.deep.equal(texts.map((text) => [`k${text}`, text]));
  });

  it('says once that a commit is due, and calls back when what came before is safe', async () => {
    const log = await open();
    const done: string[] = [];
    log.whenDurable(() => done.push('at once'));
    expect(done).to.deep.equal(['at once']);
    log.put('first', '0');
    await log.commit();
    due = 0;
    log.put('a', '1');
    log.put('b', '2');
    expect(due).to.equal(1);
    log.whenDurable(() => done.push('a, b'));
    const commit = log.commit();
    await Promise.resolve();
    await Promise.resolve();
    // The line has been made: this is for the next one.
    log.put('c', '3');
    log.whenDurable(() => done.push('c'));
    await commit;
    expect(done).to.deep.equal(['at once', 'a, b']);
    expect(log.isPending).to.equal(true);
    expect(due, 'the caller sees that it is still pending').to.equal(1);
    await log.commit();
    expect(done).to.deep.equal(['at once', 'a, b', 'c']);
    log.delete('a');
    expect(due).to.equal(2);
  });

  it('takes what is done in one go as one, though the commit was called early', async () => {
    const log = await open();
    log.put('first', '0');
    await log.commit();
    let commit: Promise<void> | undefined;
    log.onPending = () => {
      commit = log.commit();
    };
    log.put('a', '1');
    log.put('b', '2');
    await commit;
    expect(log.isPending).to.equal(false);
    expect(files.contentOf(FIRST_LOG).toString().split('\n')).to.have.length(3);
  });

  it('cuts off a torn end of the log, wherever it is torn', async () => {
    const log = await open();
    log.put('a', '1');
    await log.commit();
    log.put('b', '2');
    await log.commit();
    const whole = files.contentOf(FIRST_LOG);
    const state = [...log.entries()];
    const torn = encodeLine([['b', '3'], ['a']]);
    for (let at = 1; at < torn.length; at++) {
      const damaged = new MemoryFiles(at);
      damaged.plant(FIRST_SNAPSHOT, files.contentOf(FIRST_SNAPSHOT));
      damaged.plant(FIRST_LOG, Buffer.concat([whole, torn.subarray(0, at)]));
      lines = [];
      expect(await reopened(damaged)).to.deep.equal(state);
      expect(lines).to.deep.equal([`${FIRST_LOG}: torn at its end, ${at} octets were cut off`]);
      expect(damaged.paths()).to.deep.equal(pair(2));
      expect(await reopened(damaged.crash())).to.deep.equal(state);
      expect(lines).to.have.length(1);
    }
  });

  it('makes safe what it has read, though the process before had not got so far', async () => {
    for (const first of [true, false]) {
      files = new MemoryFiles(3);
      const log = await open();
      if (!first) {
        log.put('a', '1');
        await log.commit();
      }
      log.put('b', '2');
      const commit = log.commit();
      // The name of the first log, or the first octets of the line, are there and not synced.
      const path = first ? FIRST_SNAPSHOT : FIRST_LOG;
      const before = first ? 0 : files.contentOf(path).length;
      const isWritten = () => files.paths().includes(path) && files.contentOf(path).length > before;
      while (!isWritten()) await Promise.resolve();
      const killed = files.kill();
      await failureOf(commit);
      const state = await reopened(killed);
      expect(state.at(-1)).to.deep.equal(['b', '2']);
      for (let i = 0; i < 8; i++) expect(await reopened(killed.crash())).to.deep.equal(state);
    }
    expect(lines).to.deep.equal([]);
  });

  it('starts with a torn log though it cannot be repaired yet', async () => {
    const log = await open();
    log.put('a', '1');
    await log.commit();
    files.plant(FIRST_LOG, '01234567 {"form');
    files.capacityBytes = files.usedBytes;
    const after = await open();
    expect([...after.entries()]).to.deep.equal([['a', '1']]);
    expect(lines).to.have.length(2);
    expect(lines[0]).to.equal(`${FIRST_LOG}: torn at its end, 15 octets were cut off`);
    expect(lines[1]).to.match(/^\/data\/metadata: no new snapshot could be written yet: .*ENOSPC/);
    files.capacityBytes = 10_000;
    after.put('b', '2');
    await after.commit();
    expect(await reopened()).to.deep.equal([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('skips a damaged line, keeps the rest and a copy of the file', async () => {
    const log = await open();
    for (const key of ['a', 'b', 'c']) {
      log.put(key, '1');
      await log.commit();
    }
    const bytes = files.contentOf(FIRST_LOG);
    bytes.write('X', bytes.indexOf('"b"') + 1);
    files.plant(FIRST_LOG, bytes);
    files.plant('/data/damaged/metadata-0000000001.log', 'an earlier one');
    const after = files.crash();
    expect(await reopened(after)).to.deep.equal([
      ['a', '1'],
      ['c', '1'],
    ]);
    const copy = '/data/damaged/metadata-0000000001.log.1';
    expect(lines).to.deep.equal([
      `${FIRST_LOG}: line 2 is damaged and was skipped`,
      `${FIRST_LOG}: a copy of the damaged file is ${copy}`,
    ]);
    expect(after.contentOf(copy)).to.deep.equal(bytes);
    expect(after.contentOf(copy.slice(0, -2)).toString()).to.equal('an earlier one');
    expect(await reopened(after.crash())).to.deep.equal([
      ['a', '1'],
      ['c', '1'],
    ]);
    expect(lines, 'once is enough').to.have.length(2);
  });

  it('tells of a snapshot that is cut short, damaged or missing', async () => {
    const [log, snapshot] = pair(2) as [string, string];
    const head = (keys: number) => encodeLine({ format: 'leveret metadata', version: 1, keys });
    const line = (key: string) => encodeLine([[key, '1']]);
    const cases: [planted: Record<string, Buffer[]>, said: string][] = [
      [{ [snapshot]: [head(2), line('a')] }, `${snapshot}: has 1 keys of 2`],
      [
        { [snapshot]: [head(2), line('a'), line('b').subarray(0, 9)] },
        `${snapshot}: line 3 is damaged and was skipped`,
      ],
      [{ [snapshot]: [line('b'), line('a')] }, `${snapshot}: line 1 is no header`],
      [
        { [log]: [encodeLine({ format: 'leveret metadata', version: 1 }), line('a')] },
        `${log}: the snapshot that it goes on from is missing`,
      ],
    ];
    for (const [planted, said] of cases) {
      const damaged = new MemoryFiles();
      for (const [path, parts] of Object.entries(planted))
        damaged.plant(path, Buffer.concat(parts));
      lines = [];
      expect(await reopened(damaged)).to.deep.equal([['a', '1']]);
      expect(lines[0]).to.equal(said);
      expect(damaged.paths().filter((path) => path.startsWith('/data/damaged/'))).to.have.length(1);
      lines = [];
      expect(await reopened(damaged.crash())).to.deep.equal([['a', '1']]);
      expect(lines).to.deep.equal([]);
    }
  });

  it('leaves files of a newer format alone', async () => {
    const newer = encodeLine({ format: 'leveret metadata', version: 2 });
    files.plant(FIRST_LOG, Buffer.concat([newer, Buffer.from('who knows')]));
    files.plant(`${FOLDER}/0000000000.new`, 'a leftover');
    const before = files.paths().map((path) => [path, files.contentOf(path)]);
    const error = await failureOf(open());
    expect(error.message).to.equal(
      `${FIRST_LOG} has format version 2, and this version of Leveret reads up to 1: ` +
        'start it with the newer one',
    );
    expect(files.paths().map((path) => [path, files.contentOf(path)])).to.deep.equal(before);
  });

  it('leaves files that are not its own alone', async () => {
    files.plant(`${FOLDER}/notes.txt`, 'mine');
    files.plant(`${FOLDER}/0000000007.new`, 'a leftover');
    const log = await open();
    log.put('a', '1');
    await log.commit();
    expect(files.paths()).to.deep.equal([...pair(8), `${FOLDER}/notes.txt`]);
  });

  it('starts anew once the log is over 4 MiB and twice the snapshot', async () => {
    const log = await open();
    const value = 'x'.repeat(1024 * 1024);
    const commits = [];
    for (let i = 0; i < 20; i++) {
      log.put(`k${i % 2}`, value + i);
      await log.commit();
      expect(files.paths()).to.have.length(2);
      commits.push(Number(files.paths()[0]?.slice(FOLDER.length + 1, -'.log'.length)));
    }
    // The snapshot of the second has 2 MiB, and the log then has to get over 4.
    expect(commits.join('')).to.equal('11112222233333444445');
    const state = [...log.entries()];
    expect(await reopened()).to.deep.equal(state);
  });

  it('goes on in new files after a write or sync that failed', async () => {
    for (const at of [1, 2]) {
      files = new MemoryFiles(at);
      const log = await open();
      log.put('0', '0');
      await log.commit();
      const done: string[] = [];
      log.put('a', '1');
      log.whenDurable(() => done.push('a'));
      files.failFrom({ at, code: 'EIO', lasting: false });
      expect((await failureOf(log.commit())).message).to.match(/^EIO/);
      expect([log.isPending, done]).to.deep.equal([true, []]);
      log.put('b', '2');
      log.whenDurable(() => done.push('b'));
      await log.commit();
      expect([log.isPending, done]).to.deep.equal([false, ['a', 'b']]);
      expect(files.paths()).to.deep.equal(pair(2));
      log.put('c', '3');
      await log.commit();
      const state = [...log.entries()];
      expect(state).to.have.length(4);
      expect(await reopened()).to.deep.equal(state);
    }
  });

  it('waits for room on a full disk', async () => {
    const log = await open();
    files.capacityBytes = files.usedBytes + 10;
    log.put('a', '1');
    for (let i = 0; i < 3; i++) {
      expect(await failureOf(log.commit())).to.include({ code: 'ENOSPC' });
    }
    files.capacityBytes = 10_000;
    await log.commit();
    expect(await reopened()).to.deep.equal([['a', '1']]);
  });

  it('does not call a commit failed whose new snapshot is', async () => {
    const log = await open();
    log.put('k', 'x');
    await log.commit();
    log.put('large', 'x'.repeat(5 * 1024 * 1024));
    files.failFrom({ at: 3, code: 'ENOSPC', lasting: true });
    await log.commit();
    expect(log.isPending).to.equal(false);
    expect(lines[0]).to.match(/no new snapshot could be written yet: Error: ENOSPC/);
    files.heal();
    log.put('k6', 'y');
    await log.commit();
    const state = [...log.entries()];
    expect(await reopened()).to.deep.equal(state);
  });
});
