// The fake file system keeps what a real one would, and no more.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MetadataLog } from '../../../src/store/file/metadata.ts';
import { type Files, systemFiles, writeFully } from '../../../src/store/files.ts';
import { MemoryFiles } from '../../support/memory-files.ts';

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fine',
    (error: NodeJS.ErrnoException) => error.code,
  );

/** What any file system does; `root` is an empty folder on it. */
async function exercise(files: Files, root: string): Promise<unknown[]> {
  const said: unknown[] = [];
  const say = (what: unknown) => said.push(what);
  const path = (name: string) => `${root}/${name}`;
  await files.makeFolder(path('a/b'));
  await files.makeFolder(path('a/b'));
  const file = await files.open(path('a/f'), 'create');
  await writeFully(file, [Buffer.from('one'), Buffer.alloc(0), Buffer.from('two')], 0);
  await file.write([Buffer.from('far')], 8);
  await file.sync();
  await file.truncate(10);
  say(await file.size());
  const target = Buffer.alloc(20, '.');
  say([await file.read(target, 2), target.toString('latin1')]);
  say(await file.read(target, 50));
  await file.truncate(12);
  say([await file.read(target, 8), target.toString('latin1', 0, 4)]);
  await file.close();
  say(await codeOf(files.open(path('a/f'), 'create')));
  say(await codeOf(files.open(path('a/g'), 'read')));
  say(await codeOf(files.open(path('none/g'), 'create')));
  say(await codeOf(files.rename(path('a/g'), path('a/h'))));
  const update = await files.open(path('a/f'), 'update');
  await update.write([Buffer.from('ONE')], 0);
  await files.rename(path('a/f'), path('a/b/g'));
  await files.syncFolder(path('a'));
  await update.write([Buffer.from('!')], 3);
  await update.close();
  const reader = await files.open(path('a/b/g'), 'read');
  await files.remove(path('a/b/g'));
  await files.remove(path('a/b/g'));
  say([await reader.read(target, 0), target.toString('latin1', 0, 6)]);
  say(await codeOf(reader.write([Buffer.from('x')], 0)));
  await reader.close();
  await (await files.open(path('a/b/z'), 'create')).close();
  say([await files.list(path('a')), await files.list(path('a/b')), await files.list(path('c'))]);
  say([await files.exists(path('a/b')), await files.exists(path('a/b/z'))]);
  await files.removeFolder(path('a'));
  await files.removeFolder(path('a'));
  say([await files.exists(path('a/b')), await files.exists(path('a/b/z'))]);
  say((await files.freeBytes(root)) > 0);
  return said;
}

describe('MemoryFiles', () => {
  let files: MemoryFiles;

  beforeEach(async () => {
    files = new MemoryFiles(1);
    await files.makeFolder('/d');
  });

  const write = async (path: string, text: string) => {
    const file = await files.open(path, 'create');
    await file.write([Buffer.from(text)], 0);
    return file;
  };
  /** All that is there after a crash, with many seeds. */
  const crashes = async (prepare: () => Promise<void>): Promise<Set<string>> => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      files = new MemoryFiles(seed);
      await files.makeFolder('/d');
      await prepare();
      const after = files.crash();
      seen.add(
        after
          .paths()
          .map((path) => `${path}=${after.contentOf(path)}`)
          .join(),
      );
    }
    return seen;
  };

  it('does what the system’s files do', async () => {
    const root = await mkdtemp(join(tmpdir(), 'leveret-'));
    try {
      expect(await exercise(files, '/d')).to.deep.equal(await exercise(systemFiles, root));
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('serves the store as the system’s files do', async () => {
    const root = await mkdtemp(join(tmpdir(), 'leveret-'));
    try {
      for (const [disk, folder] of [
        [files, '/d'],
        [systemFiles, root],
      ] as const) {
        const lines: string[] = [];
        const open = () => MetadataLog.open(disk, folder, (line) => lines.push(line));
        for (let i = 0; i < 3; i++) {
          const log = await open();
          log.put(`k${i}`, 'v');
          await log.commit();
          log.put('last', String(i));
          await log.commit();
          await log.close();
        }
        const keys = Array.from((await open()).entries(), (entry) => entry.join());
        expect(keys).to.deep.equal(['k0,v', 'last,2', 'k1,v', 'k2,v']);
        expect(lines).to.deep.equal([]);
      }
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('keeps what was synced', async () => {
    const seen = await crashes(async () => {
      const file = await write('/d/f', 'ab');
      await file.sync();
      await files.syncFolder('/d');
    });
    expect([...seen]).to.deep.equal(['/d/f=ab']);
  });

  it('keeps some beginning of what was not', async () => {
    const seen = await crashes(async () => {
      const file = await write('/d/f', 'ab');
      await file.write([Buffer.from('cd')], 2);
      await files.syncFolder('/d');
    });
    expect([...seen].sort()).to.deep.equal(
      ['', 'a', 'ab', 'abc', 'abcd'].map((text) => `/d/f=${text}`),
    );
  });

  it('keeps names or not, a rename as a whole', async () => {
    const seen = await crashes(async () => {
      for (const name of ['f', 'g']) await (await write(`/d/${name}`, name)).sync();
      await files.syncFolder('/d');
      await files.rename('/d/f', '/d/g');
      await (await write('/d/h', 'h')).sync();
    });
    expect([...seen].sort()).to.deep.equal(
      ['/d/f=f,/d/g=g', '/d/f=f,/d/g=g,/d/h=h', '/d/g=f', '/d/g=f,/d/h=h'].sort(),
    );
  });

  it('never gets to the disk what a sync failed to, though it is still seen', async () => {
    const seen = await crashes(async () => {
      const file = await write('/d/f', 'ab');
      await files.syncFolder('/d');
      files.failFrom({ at: 1, code: 'EIO', lasting: false });
      expect(await codeOf(file.sync())).to.equal('EIO');
      expect(files.contentOf('/d/f').toString()).to.equal('ab');
      await file.write([Buffer.from('c')], 2);
      await file.sync();
    });
    expect([...seen].sort()).to.deep.equal(['/d/f=\0\0c', '/d/f=a\0c', '/d/f=abc']);
  });

  it('is as it was when only the process goes', async () => {
    await write('/d/f', 'ab');
    const after = files.kill();
    expect(after.contentOf('/d/f').toString()).to.equal('ab');
    expect(await codeOf(files.list('/d'))).to.equal('EIO');
    expect(await after.list('/d')).to.deep.equal(['f']);
  });

  it('fails at the operation that it was told, once or for good', async () => {
    files.failFrom({ at: 2, code: 'ENOSPC', lasting: false });
    const codes = [];
    for (let i = 0; i < 3; i++) codes.push(await codeOf(files.list('/d')));
    files.failFrom({ at: 2, code: 'EIO', lasting: true });
    for (let i = 0; i < 3; i++) codes.push(await codeOf(files.list('/d')));
    expect(codes).to.deep.equal(['fine', 'ENOSPC', 'fine', 'fine', 'EIO', 'EIO']);
    expect(files.faultsHit).to.equal(3);
    files.heal();
    expect(await codeOf(files.list('/d'))).to.equal('fine');
  });

  it('stops short at the next write, and fails behind it if told', async () => {
    const file = await files.open('/d/f', 'create');
    files.failFrom({ at: 1, lasting: false, short: true });
    await file.sync();
    const four = [Buffer.from('abcd')];
    expect([await file.write(four, 0), await file.write(four, 0)]).to.deep.equal([2, 4]);
    files.failFrom({ at: 1, code: 'ENOSPC', lasting: false, short: true });
    expect(await file.write(four, 0)).to.equal(2);
    expect([await codeOf(file.write(four, 0)), await file.write(four, 0)]).to.deep.equal([
      'ENOSPC',
      4,
    ]);
  });

  it('is full when it is, and has room again', async () => {
    const file = await files.open('/d/f', 'create');
    files.capacityBytes = 3;
    expect(await file.write([Buffer.from('abcd')], 0)).to.equal(3);
    expect(await codeOf(file.write([Buffer.from('d')], 3))).to.equal('ENOSPC');
    expect(await file.write([Buffer.from('ABC')], 0)).to.equal(3);
    expect(await files.freeBytes('/d')).to.equal(0);
    await file.truncate(1);
    expect(await files.freeBytes('/d')).to.equal(2);
  });
});
