// Every operation on the file system fails once: n rises until a run is over before the n-th one.
// Whatever fails, what was committed is there after a crash, and nothing that nobody put.
import { expect } from 'chai';
import { MetadataLog } from '../../../src/store/file/metadata.ts';
import { Random } from '../../fuzz/random.ts';
import { type Fault, MemoryFiles } from '../../support/memory-files.ts';

const STEPS = 12;
/** So few that some runs begin a new log by themselves. */
const LOG_BYTES = 400;

/** The state after each turn, the oldest first. */
type History = (readonly [string, string])[][];

/** A few puts and deletes, as one turn of the loop has them. */
function change(log: MetadataLog, random: Random, step: number): void {
  for (let i = random.below(3); i >= 0; i--) {
    const key = `k${random.below(5)}`;
    if (random.oneIn(3)) log.delete(key);
    else log.put(key, `${step}.${i}`);
  }
}

async function open(files: MemoryFiles): Promise<[MetadataLog | null, string[]]> {
  const lines: string[] = [];
  try {
    const report = (line: string) => lines.push(line);
    const log = await MetadataLog.open(files, '/data', report, () => undefined, LOG_BYTES);
    return [log, lines];
  } catch {
    return [null, lines];
  }
}

/** Commits with up to two tries; whether what was pending is durable now. */
async function commit(log: MetadataLog): Promise<boolean> {
  for (let tries = 0; tries < 2; tries++) {
    try {
      await log.commit();
      return true;
    } catch {
      // Tried again, as the broker's loop does.
    }
  }
  return false;
}

/** Works on `files` while it is of use; the states from the last safe one on. */
async function work(files: MemoryFiles, random: Random): Promise<History> {
  let [log] = await open(files);
  log ??= (await open(files))[0];
  const history: History = [[...(log?.entries() ?? [])]];
  if (log === null) return history;
  for (let step = 0; step < STEPS; step++) {
    let called = false;
    change(log, random, step);
    history.push([...log.entries()]);
    log.whenDurable(() => {
      called = true;
    });
    if (random.oneIn(3)) continue;
    const isSafe = await commit(log);
    expect(called || !isSafe, 'called back').to.equal(true);
    expect(log.isPending).to.equal(!isSafe);
    if (isSafe) history.splice(0, history.length - 1);
  }
  return history;
}

async function run(seed: number, fault: Fault): Promise<boolean> {
  const random = new Random(seed);
  const files = new MemoryFiles(seed);
  files.failFrom(fault);
  const possible = await work(files, random);
  const disk = files.crash();
  const [log, lines] = await open(disk);
  const state = [...(log?.entries() ?? expect.fail('does not open'))];
  expect(possible, 'a state that was').to.deep.include(state);
  for (const line of lines) expect(line).to.match(/torn at its end/);
  const [again, noLines] = await open(random.oneIn(2) ? disk.crash() : disk.kill());
  expect([...(again?.entries() ?? [])]).to.deep.equal(state);
  expect(noLines).to.deep.equal([]);
  return files.faultsHit !== 0;
}

describe('MetadataLog: faults', () => {
  const kinds: [string, Omit<Fault, 'at'>][] = [
    ['EIO once', { code: 'EIO', lasting: false }],
    ['EIO for good', { code: 'EIO', lasting: true }],
    ['ENOSPC for good', { code: 'ENOSPC', lasting: true }],
    ['a short write', { short: true, lasting: false }],
    ['a short write, then EIO once', { short: true, code: 'EIO', lasting: false }],
    ['a short write, then ENOSPC for good', { short: true, code: 'ENOSPC', lasting: true }],
  ];
  for (const [name, kind] of kinds) {
    it(`survives ${name} at any operation`, async () => {
      let runs = 0;
      for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
        for (let at = 1; await run(seed, { ...kind, at }); at++) runs++;
      }
      expect(runs).to.be.greaterThan(200);
    });
  }

  it('recovers from a crash at any operation', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { operations } = await countOperations(seed);
      const at = 1 + new Random(seed).below(operations);
      await run(seed, { at, code: 'EIO', lasting: true });
    }
  });
});

async function countOperations(seed: number): Promise<MemoryFiles> {
  const files = new MemoryFiles(seed);
  await work(files, new Random(seed));
  return files;
}
