import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataFolder, FOLDER_FORMAT } from '../../../src/store/file/data-folder.ts';
import { DataFolderError } from '../../../src/store/file/folder-error.ts';
import { type Files, systemFiles } from '../../../src/store/files.ts';
import { Processes } from './processes.ts';

describe('DataFolder', () => {
  let root: string;
  let path: string;
  let processes: Processes;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'leveret-folder-'));
    path = join(root, 'data');
    processes = new Processes();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const open = (facts = processes.start(), files = systemFiles) =>
    DataFolder.open(files, path, facts);
  const names = (folder = path) => readdirSync(folder).sort();
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);

  async function refusal(opening: Promise<unknown>): Promise<[string, string]> {
    const error = await opening.then(
      () => expect.fail('opened'),
      (reason: unknown) => reason as DataFolderError,
    );
    expect(error).to.be.instanceOf(DataFolderError);
    const front = `cannot use the data folder ${path}: `;
    expect(error.message.startsWith(front), error.message).to.equal(true);
    return [error.problem, error.message.slice(front.length)];
  }

  it('is made with those above it, marked, and locked until it is closed', async () => {
    path = join(root, 'a', 'b', 'data');
    const folder = await open(processes.start({ pid: 7 }));
    expect(folder.path).to.equal(path);
    expect(names()).to.deep.equal(['FORMAT', 'lock']);
    expect(readFileSync(join(path, 'FORMAT'), 'utf8')).to.equal(
      `{"product":"leveret","format":${FOLDER_FORMAT}}\n`,
    );
    const lock = JSON.parse(readFileSync(join(path, 'lock'), 'utf8'));
    expect(lock).to.deep.equal({ pid: 7, started: '1', boot: 'boot 1', host: 'box' });
    await folder.close();
    await folder.close();
    expect(names()).to.deep.equal(['FORMAT']);
  });

  it('opens again, by a link and with what else a store keeps there', async () => {
    await (await open()).close();
    write('journal', 'x');
    const link = join(root, 'link');
    symlinkSync(path, link);
    const folder = await DataFolder.open(systemFiles, link, processes.start());
    expect(names()).to.deep.equal(['FORMAT', 'journal', 'lock']);
    await folder.close();
  });

  it('may be one that is empty but for what file systems and crashes leave', async () => {
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    write('FORMAT.new', '{"prod');
    write('lock.99-1-1', '');
    await (await open()).close();
    expect(names()).to.include.members(['FORMAT', 'lost+found']);
    expect(names()).not.to.include('FORMAT.new');
  });

  it('is refused and left alone when it is in use', async () => {
    const folder = await open(processes.start({ pid: 7 }));
    const before = names();
    const readOnly = failing('open', 'EROFS');
    for (const files of [systemFiles, readOnly]) {
      expect(await refusal(open(processes.start(), files))).to.deep.equal([
        'in-use',
        'it is in use by another process, pid 7',
      ]);
    }
    expect(names()).to.deep.equal(before);
    await folder.close();
  });

  it('is refused when this process has it already', async () => {
    const facts = processes.start({ pid: 7 });
    await open(facts);
    expect(await refusal(open(facts))).to.deep.equal([
      'in-use',
      'it is in use by this process, pid 7',
    ]);
  });

  it('becomes one of this format when it is of an older one', async () => {
    mkdirSync(path);
    write('FORMAT', '{"product":"leveret","format":1}\n');
    await (await open()).close();
    const text = readFileSync(join(path, 'FORMAT'), 'utf8');
    expect(JSON.parse(text)).to.deep.equal({ product: 'leveret', format: FOLDER_FORMAT });
  });

  const refused: readonly [string, string, string, string][] = [
    ['of a newer format', '{"product":"leveret","format":6}', 'newer-format', 'it is of format 6,'],
    ['of no format', '{"product":"leveret","format":0}', 'newer-format', 'it is of format 0,'],
    ['of another product', '{"product":"x","format":1}', 'not-ours', 'it belongs to "x"'],
    ['of no product', '{}', 'damaged', "its file 'FORMAT' cannot be read"],
    ['with a torn mark', '{"product":"lev', 'damaged', "its file 'FORMAT' cannot be read"],
    ['with an empty mark', '', 'damaged', "its file 'FORMAT' cannot be read"],
    ['with a mark of null', 'null', 'damaged', "its file 'FORMAT' cannot be read"],
  ];
  for (const [what, text, problem, why] of refused) {
    it(`is refused and left alone ${what}`, async () => {
      mkdirSync(path);
      write('FORMAT', text);
      const [found, line] = await refusal(open());
      expect(found).to.equal(problem);
      expect(line.startsWith(why), line).to.equal(true);
      expect(names()).to.deep.equal(['FORMAT']);
    });
  }

  it('is refused and left alone when it is somebody else’s', async () => {
    mkdirSync(path);
    write('rabbit_durable_queue.DCD', '');
    expect(await refusal(open())).to.deep.equal(['not-ours', "it is not empty, and not Leveret's"]);
    expect(names()).to.deep.equal(['rabbit_durable_queue.DCD']);
  });

  it('is refused when it is a file, or below one', async () => {
    writeFileSync(path, '');
    expect((await refusal(open()))[0]).to.equal('not-a-folder');
    path = join(path, 'below');
    expect((await refusal(open()))[0]).to.equal('not-a-folder');
  });

  /** The real files, but that one call fails. */
  function failing(call: keyof Files, code: string): Files {
    const fail = () => Promise.reject(Object.assign(new Error(`${code}: it failed`), { code }));
    return { ...systemFiles, [call]: fail };
  }

  const systemErrors: readonly [keyof Files, string, string, string][] = [
    ['open', 'EROFS', 'read-only', 'it is read-only'],
    ['open', 'EACCES', 'no-permission', 'permission denied'],
    ['makeFolder', 'EPERM', 'no-permission', 'permission denied'],
    ['open', 'ENOSPC', 'full', 'the disk is full'],
    ['open', 'EDQUOT', 'full', 'the disk quota is used up'],
    ['readText', 'EIO', 'failed', 'EIO: it failed'],
    ['link', 'ENOTSUP', 'failed', 'ENOTSUP: it failed'],
    ['rename', 'ENOSPC', 'full', 'the disk is full'],
    ['syncFolder', 'EIO', 'failed', 'EIO: it failed'],
  ];
  for (const [call, code, problem, why] of systemErrors) {
    it(`tells in a line that ${call} failed with ${code}, and leaves no lock behind`, async () => {
      mkdirSync(path);
      const opening = open(processes.start(), failing(call, code));
      expect(await refusal(opening)).to.deep.equal([problem, why]);
      expect(names().filter((name) => name.startsWith('lock'))).to.deep.equal([]);
      await (await open()).close();
    });
  }
});
