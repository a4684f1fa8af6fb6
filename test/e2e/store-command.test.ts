// `leveret store` on a folder that a broker process wrote and was killed on: what the commands
// print and exit with, and that the folder stays as it was, octet by octet.
import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { Program } from '../support/program.ts';
import { needsLeveret } from '../support/target.ts';

const MESSAGES = 40;

/** Names, times and contents of everything below a folder. */
function stateOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mtimeMs, size } = statSync(join(folder, name));
      const isFile = statSync(join(folder, name)).isFile();
      const content = isFile ? readFileSync(join(folder, name)) : '';
      return `${name} ${mtimeMs} ${size} ${createHash('sha256').update(content).digest('hex')}`;
    });
}

describe('leveret store', function () {
  needsLeveret();
  this.timeout(30_000);
  let root: string;
  let folder: string;
  let broker: Program;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'leveret-store-'));
    folder = join(root, 'data');
    broker = new Program(['--port', '0', '--host', '127.0.0.1', '--data-dir', folder]);
    const connection = await connect(`amqp://guest:guest@127.0.0.1:${await broker.ready()}`);
    connection.on('error', () => undefined);
    const channel = await connection.createConfirmChannel();
    await channel.assertExchange('logs', 'fanout', { durable: true });
    await channel.assertQueue('orders', { durable: true });
    await channel.bindQueue('orders', 'logs', '');
    for (let n = 0; n < MESSAGES; n++) {
      channel.publish('logs', 'key', Buffer.from(`order ${n}`), { persistent: true });
    }
    channel.publish('logs', 'key', Buffer.from('transient'), { persistent: false });
    const waits = { arguments: { 'x-delayed-type': 'fanout' } };
    await channel.assertExchange('later', 'x-delayed-message', waits);
    const later = { persistent: true, headers: { 'x-delay': 3_600_000 } };
    channel.publish('later', 'k', Buffer.from('delayed'), later);
    await channel.waitForConfirms();
    const remembers = { 'x-cache-size': 10, 'x-cache-persistence': 'disk' };
    const once = { arguments: remembers };
    await channel.assertExchange('once', 'x-message-deduplication', once);
    channel.publish('once', '', Buffer.from(''), { headers: { 'x-deduplication-header': 'a' } });
    await channel.waitForConfirms();
  });
  after(async () => {
    broker.child.kill('SIGKILL');
    await broker.exitCode();
    rmSync(root, { recursive: true, force: true });
  });

  async function run(...args: string[]) {
    const program = new Program(['store', ...args]);
    const code = await program.exitCode();
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  it('refuses a folder in use in one line, and looks at it when forced to', async () => {
    for (const action of ['inspect', 'verify', 'export']) {
      const { code, stdout, stderr } = await run(action, folder);
      expect([code, stdout, stderr]).to.deep.equal([
        ...[5, ''],
        `leveret: cannot use the data folder ${folder}: ` +
          `it is in use by another process, pid ${broker.child.pid}\n`,
      ]);
    }
    const { code, stdout } = await run('inspect', '--force', folder);
    expect(code).to.equal(0);
    expect(stdout).to.match(/Lock +held by process/);
  });

  it('tells what a killed broker left, and leaves it as it was', async () => {
    broker.child.kill('SIGKILL');
    await broker.exitCode();
    const before = stateOf(folder);
    const inspected = await run('inspect', folder, '--json');
    const { queues, exchanges, bindings } = JSON.parse(inspected.stdout);
    expect(queues).to.have.length(3);
    expect(queues[2]).to.include({ vhost: '/', name: null, exchange: 'once', messages: 1 });
    expect(queues[1]).to.include({ vhost: '/', name: null, messages: 1 });
    expect(queues[0]).to.include({ vhost: '/', name: 'orders', messages: MESSAGES });
    expect([exchanges.length, bindings.length]).to.deep.equal([3, 1]);
    const verified = await run('verify', folder);
    expect(verified.stdout).to.match(
      /^sound: 2 metadata files, 1 journal file, 0 segments and 0 packs/,
    );
    const exported = await run('export', folder);
    const lines = exported.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0].kind).to.equal('definitions');
    expect(lines.slice(1, -2).map(({ payload }) => payload)).to.deep.equal(
      Array.from({ length: MESSAGES }, (_, n) => `order ${n}`),
    );
    expect(lines.at(-2)).to.deep.include({ vhost: '/', queue: null, payload: 'delayed' });
    expect(lines.at(-2).delayed.to_exchange).to.equal('later');
    expect(lines.at(-1)).to.deep.equal({
      ...{ kind: 'value', vhost: '/', exchange: 'once', value: 'S1:a', until: null },
    });
    for (const { code, stderr } of [inspected, verified, exported]) {
      expect([code, stderr]).to.deep.equal([0, '']);
    }
    expect(stateOf(folder)).to.deep.equal(before);
  });

  it('writes an export to a new file, and to no other', async () => {
    const file = join(root, 'out.jsonl');
    expect(await run('export', folder, '--output', file)).to.deep.equal({
      ...{ code: 0, stdout: '', stderr: '' },
    });
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).to.have.length(3 + MESSAGES);
    const again = await run('export', folder, '--output', file);
    expect([again.code, again.stderr]).to.deep.equal([
      2,
      `leveret: --output: cannot make the file ${file}: there is one already\n`,
    ]);
  });

  it('finds damage, gives out the rest, and a start has that, too', async () => {
    const journal = join(folder, 'journal', readdirSync(join(folder, 'journal')).at(-1) as string);
    const content = readFileSync(journal);
    content.write('X', content.indexOf('order 7'));
    writeFileSync(journal, content);
    const verified = await run('verify', folder);
    expect(verified.code).to.equal(6);
    expect(verified.stdout).to.match(
      /^damage: journal\/\d+\.journal, octets \d+ to \d+: .*perhaps message 7 of queue orders/,
    );
    const exported = await run('export', folder, '--queue', 'orders');
    expect(exported.code).to.equal(6);
    expect(exported.stderr).to.match(/octets \d+ to \d+ are damaged and left out\n$/);
    expect(exported.stdout.trimEnd().split('\n')).to.have.length(MESSAGES);
    const started = new Program(['--port', '0', '--host', '127.0.0.1', '--data-dir', folder]);
    await started.ready();
    started.child.kill('SIGTERM');
    expect(await started.exitCode()).to.equal(0);
    expect(started.stdout).to.match(/are damaged: left out, the rest was kept; a copy is /);
    expect(started.stdout).to.contain(`1 queues with ${MESSAGES - 1} messages made again`);
    expect(readdirSync(join(folder, 'damaged'))).to.have.length(1);
  });

  it('says in one line why a folder cannot be looked at', async () => {
    const nothing = await run('verify', join(root, 'none'));
    expect([nothing.code, nothing.stderr]).to.deep.equal([
      5,
      `leveret: cannot use the data folder ${join(root, 'none')}: there is no such folder\n`,
    ]);
    truncateSync(join(folder, 'FORMAT'), 3);
    const torn = await run('verify', folder);
    expect(torn.stderr).to.match(/^leveret: .*: its file 'FORMAT' cannot be read\n$/);
  });
});
