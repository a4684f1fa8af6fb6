// The tools that look at a data folder, on one with packs.
import { expect } from 'chai';
import { PACK_FOOTER_BYTES } from '../../../src/store/file/format.ts';
import { exportFolder } from '../../../src/tools/export.ts';
import { inspectFolder } from '../../../src/tools/inspect.ts';
import { inspectionText } from '../../../src/tools/inspect-text.ts';
import { findingText, verifyFolder } from '../../../src/tools/verify.ts';
import { type Contents, filesOf } from '../../support/store-damage.ts';
import { TINY_LIMITS } from '../../support/store-stage.ts';
import { makeToolFolder, PATH, type ToolFolder } from '../../support/tool-folder.ts';

const PACK = `${PATH}/packs/0000000001.pack`;
const LIMITS = { ...TINY_LIMITS, segmentMinBytes: 20_000, copiedBytes: 0 };
const product = { name: 'Leveret', version: '1', rabbitmqVersion: '3' };

describe('the tools, on a folder with packs', () => {
  let folder: ToolFolder;
  let contents: Contents;
  let pack: Buffer;
  before(async () => {
    folder = await makeToolFolder(LIMITS);
    contents = folder.kill();
    pack = contents.get(PACK) ?? expect.fail('there is no pack');
  });

  const partsWith = (content: Buffer) =>
    folder.parts(filesOf(new Map([...contents, [PACK, content]])));

  async function verify(content: Buffer): Promise<{ found: string[]; summary: string }> {
    const found: string[] = [];
    const { summary } = await verifyFolder(partsWith(content), (finding) => {
      found.push(findingText(finding));
    });
    return { found, summary };
  }

  async function exported(content: Buffer): Promise<{ bodies: string[]; reports: string[] }> {
    const reports: string[] = [];
    const bodies: string[] = [];
    const report = (line: string) => void reports.push(line);
    for await (const line of exportFolder({ ...partsWith(content), product, report })) {
      const { payload } = JSON.parse(line) as { payload?: string };
      if (payload?.startsWith('long')) bodies.push(payload);
    }
    return { bodies, reports };
  }

  it('find it sound', async () => {
    const { found, summary } = await verify(pack);
    expect(found).to.deep.equal([]);
    expect(summary).to.match(/^sound: .*, 0 segments and \d packs? were read$/);
  });

  it('tell what is in it', async () => {
    const found = await inspectFolder(partsWith(pack));
    const [first] = found.packs;
    expect(first).to.include({ file: 'packs/0000000001.pack', octets: pack.length });
    expect(first?.messages).to.be.above(first?.counting ?? 0);
    expect(found.queues[0]?.segments.files).to.be.above(1);
    const stored = found.queues.reduce((n, { segments }) => n + segments.messages, 0);
    expect(stored).to.equal(found.packs.reduce((n, each) => n + each.counting, 0));
    expect(inspectionText(found)).to.match(
      /packs\/0000000001\.pack +[\d.]+ KiB +\d+ messages in \d segments?, \d+ not settled\n/,
    );
  });

  it('find an octet flipped anywhere', async () => {
    for (let at = 0; at < pack.length; at += 7) {
      const flipped = Buffer.from(pack);
      flipped[at] = (flipped[at] as number) ^ 0x10;
      expect((await verify(flipped)).found, `${at}`).not.to.be.empty;
    }
  });

  it('read what a pack without an end still has, and past what is damaged', async () => {
    const whole = await exported(pack);
    expect([whole.bodies.length, whole.reports]).to.deep.equal([28, []]);
    const cut = pack.subarray(0, -PACK_FOOTER_BYTES);
    const broken = await exported(cut);
    expect(broken.bodies).to.deep.equal(whole.bodies);
    expect(broken.reports).to.have.length(1);
    expect(broken.reports[0]).to.match(/it has no sound end; \d+ messages were found$/);
    const { found } = await verify(cut);
    expect(found).to.have.length(1);
    expect(found[0]).to.match(/^damage: packs\/0000000001.pack: it has no sound end, and so no di/);
    expect(found[0]).to.match(/; \d+ messages of 1 queue can be read$/);
    const holed = Buffer.from(pack);
    holed.write('DAMAGE', holed.indexOf('long 4 '));
    const { bodies, reports } = await exported(holed);
    expect(bodies).to.deep.equal(whole.bodies.filter((body) => !body.startsWith('long 4 ')));
    expect(reports.join()).to.contain('1 messages are lost');
  });

  it('cannot tell whose messages are behind two damages, and say so', async () => {
    const content = Buffer.from(pack.subarray(0, -PACK_FOOTER_BYTES));
    content.write('DAMAGE', content.indexOf('long 3 '));
    const { found } = await verify(content);
    expect(found[0]).to.match(
      /\d+ messages of 1 queue can be read; of \d more cannot be told whose they are$/,
    );
    const { reports } = await exported(content);
    expect(reports[0]).to.match(/, and \d+ of which cannot be told whose they are$/);
  });
});
