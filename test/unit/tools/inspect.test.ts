import { expect } from 'chai';
import { DataFolderError } from '../../../src/store/file/folder-error.ts';
import { inspectFolder } from '../../../src/tools/inspect.ts';
import { inspectionText } from '../../../src/tools/inspect-text.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { type Contents, copyOf, filesOf } from '../../support/store-damage.ts';
import { makeToolFolder, PATH, type ToolFolder } from '../../support/tool-folder.ts';

describe('store inspect', () => {
  let folder: ToolFolder;
  let contents: Contents;
  before(async () => {
    folder = await makeToolFolder();
    contents = folder.kill();
  });

  it('tells what is there, and changes nothing', async () => {
    const files = filesOf(contents);
    const found = await inspectFolder(folder.parts(files));
    expect(copyOf(files)).to.deep.equal(contents);
    expect(found).to.deep.include({ folder: PATH, format: 1, damaged: [], problems: 0 });
    expect(found.vhosts).to.deep.equal(['/', 'other']);
    expect(found.lock).to.deep.include({ pid: folder.owner.self.pid, held: false });
    const [long, short, other] = found.queues;
    expect(long).to.deep.include({ vhost: '/', name: 'long', number: 1, messages: 28 });
    expect(long).to.include({ handed_out_through: 2, next_position: 30, transient: 0 });
    expect((long?.journal.messages ?? 0) + (long?.segments.messages ?? 0)).to.equal(28);
    expect(long?.segments.messages).to.be.above(0);
    // Version, lengths, names, properties with their flags, body.
    const [head, body] = [7 + 14 + 9, 70];
    const ids = Array.from({ length: 30 }, (_, n) => 2 + 1 + 1 + `m${n}`.length);
    const octets = ids
      .filter((_, n) => n !== 0 && n !== 2)
      .reduce((a, b) => a + b + head + body, 0);
    expect(long?.octets).to.equal(octets);
    expect([short?.messages, other?.messages]).to.deep.equal([1, 1]);
    expect(found.exchanges).to.have.length(1);
    expect(found.bindings).to.have.length(1);
    for (const file of [...found.metadata, ...found.journal, ...found.segments]) {
      expect(contents.get(`${PATH}/${file.file}`)?.length).to.equal(file.octets);
    }
  });

  it('writes it for a person', async () => {
    const text = inspectionText(await inspectFolder(folder.parts(filesOf(contents))));
    expect(text).to.contain('Definitions  2 vhosts, 1 exchange, 3 queues, 1 binding\n');
    expect(text).to.match(/\nMessages +30 messages, [\d.]+ KiB\n/);
    expect(text).to.match(/\nLock +left by process \d+ of box, which is gone\n/);
    expect(text).to.match(/\n {2}\/ +"short one" +2 +1 +\d+ octets +1 +0 +0 +to 0|none\n/);
    expect(text).to.match(/\n {2}\/ +logs +queue long +a\.# +\{"k":1\}\n/);
    expect(text).to.contain('queues/1/0000000001.segment');
  });

  it('counts problems, and shows queues without a definition', async () => {
    const changed = new Map(contents);
    for (const path of changed.keys()) if (path.endsWith('.log')) changed.delete(path);
    const path = `${PATH}/queues/1/0000000001.segment`;
    changed.set(path, (changed.get(path) as Buffer).subarray(0, -1));
    const found = await inspectFolder(folder.parts(filesOf(changed)));
    expect(found.problems).to.equal(1);
    expect(found.queues[0]).to.include({ name: null, vhost: null, number: 1, messages: 28 });
    expect(inspectionText(found)).to.contain('(no definition)');
  });

  async function refusal(files: MemoryFiles, force = false): Promise<string> {
    const before = copyOf(files);
    const error = await inspectFolder(folder.parts(files, force)).then(
      () => expect.fail('not refused'),
      (reason: unknown) => reason as Error,
    );
    expect(error).to.be.instanceOf(DataFolderError);
    expect(copyOf(files)).to.deep.equal(before);
    return error.message.replace(`cannot use the data folder ${PATH}: `, '');
  }

  it('refuses a folder in use in one line, unless it is forced to look', async () => {
    const holder = folder.processes.start();
    const lock = Buffer.from(JSON.stringify(holder.self));
    const files = () => filesOf(new Map(contents).set(`${PATH}/lock`, lock));
    expect(await refusal(files())).to.equal(
      `it is in use by another process, pid ${holder.self.pid}`,
    );
    const found = await inspectFolder(folder.parts(files(), true));
    expect(found.lock).to.deep.include({ held: true });
    expect(found.queues[0]?.messages).to.equal(28);
    const torn = filesOf(new Map(contents).set(`${PATH}/lock`, Buffer.from('{')));
    expect(await refusal(torn)).to.match(/^its file 'lock' cannot be read/);
    expect((await inspectFolder(folder.parts(torn, true))).lock?.pid).to.equal(null);
  });

  it('refuses what is no data folder, or one of a newer version', async () => {
    expect(await refusal(new MemoryFiles())).to.equal('there is no such folder');
    const empty = new MemoryFiles();
    await empty.makeFolder(PATH);
    expect(await refusal(empty, true)).to.equal('there is no data in it');
    const newer = filesOf(
      new Map([[`${PATH}/FORMAT`, Buffer.from('{"product":"leveret","format":6}')]]),
    );
    expect(await refusal(newer)).to.equal('it is of format 6, and this version knows 1 to 5');
  });

  it('says so when somebody takes the folder meanwhile', async () => {
    const files = filesOf(contents);
    const parts = folder.parts(files);
    const holder = folder.processes.start();
    let reads = 0;
    const taken = {
      ...parts.files,
      readText: async (path: string) => {
        if (path.endsWith('/lock') && ++reads === 2) return JSON.stringify(holder.self);
        return await parts.files.readText(path);
      },
    };
    const error = await inspectFolder({ ...parts, files: taken }).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(DataFolderError);
    expect((error as Error).message).to.contain('another process has taken it meanwhile');
  });
});
