import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DataFolderError } from '../../../src/store/file/folder-error.ts';
import { FolderLock } from '../../../src/store/file/folder-lock.ts';
import { type Files, systemFiles } from '../../../src/store/files.ts';
import { Processes } from './processes.ts';

describe('FolderLock', () => {
  let folder: string;
  let processes: Processes;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'leveret-lock-'));
    processes = new Processes();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const take = (facts = processes.start(), files = systemFiles) =>
    FolderLock.take(files, folder, facts);
  const problemOf = (taking: Promise<unknown>) =>
    taking.then(
      () => 'taken',
      (error: unknown) => (error as DataFolderError).problem,
    );

  it('is had by one, and by the next once it is released', async () => {
    const lock = await take();
    expect(await problemOf(take())).to.equal('in-use');
    await lock.release();
    expect(readdirSync(folder)).to.deep.equal([]);
    await (await take()).release();
  });

  it('is taken over from a process that is gone', async () => {
    const dead = processes.start();
    await take(dead);
    processes.kill(dead);
    await (await take()).release();
  });

  it('is taken over when its owner’s number is another’s now, one’s own even', async () => {
    await take(processes.start({ pid: 1 }));
    processes.start({ pid: 1 });
    await take();
    rmSync(join(folder, 'lock'));
    await take(processes.start({ pid: 1 }));
    await take(processes.start({ pid: 1 }));
  });

  it('is taken over after a start of the machine, with number and time the same', async () => {
    await take(processes.start({ pid: 1 }));
    processes.reboot();
    processes.start({ pid: 1 });
    expect(await problemOf(take())).to.equal('taken');
  });

  it('is not given back by who has lost it', async () => {
    const first = processes.start();
    const lock = await take(first);
    processes.kill(first);
    await take();
    await lock.release();
    expect(await problemOf(take())).to.equal('in-use');
  });

  it('names the machine of its owner if it is another', async () => {
    const facts = processes.start({ pid: 7 });
    await take({ ...facts, self: { ...facts.self, host: 'other' } });
    const error = await take().catch((reason: unknown) => reason);
    expect((error as Error).message).to.match(/in use by another process, pid 7 of other$/);
  });

  for (const text of [
    '',
    '{',
    'null',
    '{"pid":0,"started":"1","boot":"","host":""}',
    '{"pid":1}',
  ]) {
    it(`is left to a person when it reads ${JSON.stringify(text)}`, async () => {
      writeFileSync(join(folder, 'lock'), text);
      expect(await problemOf(take())).to.equal('damaged');
      expect(readdirSync(folder)).to.deep.equal(['lock']);
    });
  }

  /** The real files, each call put off by some turns of the loop. */
  function shuffled(seed: number): Files {
    let state = seed;
    const wait = async () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      for (let turns = (state >> 16) % 8; turns > 0; turns--) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const entries = Object.entries(systemFiles).map(([name, call]) => [
      name,
      async (...args: unknown[]) => {
        await wait();
        return await (call as (...all: unknown[]) => Promise<unknown>)(...args);
      },
    ]);
    return Object.fromEntries(entries) as Files;
  }

  for (const isStale of [false, true]) {
    const what = isStale ? 'one whose owner is gone' : 'a free one';
    it(`is had by exactly one of many who want ${what} at the same time`, async () => {
      for (let round = 1; round <= 40; round++) {
        if (isStale) {
          const dead = processes.start();
          await take(dead);
          processes.kill(dead);
        }
        const outcomes = await Promise.all(
          Array.from({ length: 2 + (round % 5) }, (_, index) => {
            const files = shuffled(round * 100 + index);
            const taking = take(processes.start(), files);
            return taking.catch((error: unknown) => (error as DataFolderError).problem);
          }),
        );
        const winners = outcomes.filter((each) => each instanceof FolderLock);
        expect(winners.length, `round ${round}`).to.equal(1);
        expect(outcomes.filter((each) => each === 'in-use').length).to.equal(outcomes.length - 1);
        expect(readdirSync(folder)).to.deep.equal(['lock']);
        await winners[0]?.release();
      }
    });
  }

  it('is taken over though somebody died who wanted it too', async () => {
    const [dead, other] = [processes.start(), processes.start()];
    await take(dead);
    processes.kill(dead);
    const { pid, started } = other.self;
    writeFileSync(join(folder, `lock.${pid}-${started}-1`), '');
    processes.kill(other);
    await take();
    expect(readdirSync(folder)).to.deep.equal(['lock']);
  });
});
