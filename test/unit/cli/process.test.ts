// The program as a process: what it prints, what it exits with, what signals do to it.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { expect } from 'chai';
import { Program } from '../../support/program.ts';

describe('the program leveret', function () {
  this.timeout(20_000);
  let running: Program[] = [];
  const run = (args: readonly string[], environment?: Record<string, string>): Program => {
    const program = new Program(args, environment);
    running.push(program);
    return program;
  };
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.map((program) => program.exitCode()));
    running = [];
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`says where it listens, and on ${signal} stops in good order with 0`, async () => {
      const program = run(['--ephemeral', '--port', '0', '--host', '127.0.0.1']);
      const port = await program.ready();
      const connection = await connect(`amqp://guest:guest@127.0.0.1:${port}`);
      const closed = once(connection, 'close');
      program.child.kill(signal);
      const [reason] = (await closed) as [Error];
      expect(reason.message).to.contain('320 (CONNECTION-FORCED)');
      expect(await program.exitCode()).to.equal(0);
      expect(program.stderr).to.equal('');
      const lines = program.stdout.trimEnd().split('\n');
      for (const line of lines) {
        expect(line).to.match(/^\d{4}-\d\d-\d\d [\d:]{8}\.\d{6}[+-]\d\d:\d\d \[\w+\] <0\.\d+\.0> /);
      }
      expect(lines.at(-1)).to.match(/ \[info\] <0\.0\.0> stopped$/);
    });
  }

  it('exits at once when a second signal comes', async () => {
    const program = run(['--ephemeral', '--port', '0', '--host', '127.0.0.1']);
    const port = await program.ready();
    const connection = await connect(`amqp://guest:guest@127.0.0.1:${port}?heartbeat=0`);
    connection.on('error', () => undefined);
    // A client that reads nothing and so does not answer: a graceful stop waits for it.
    const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection;
    stream.removeAllListeners('readable');
    program.child.kill('SIGTERM');
    await program.says(/SIGTERM: stopping/);
    const again = setInterval(() => program.child.kill('SIGTERM'), 20);
    const code = await program.exitCode();
    clearInterval(again);
    stream.destroy();
    expect(code).to.equal(143);
    expect(program.stdout).to.match(/\[warning\] <0\.0\.0> SIGTERM again: exiting at once\n$/);
  });

  it('logs JSON on request, every line of it', async () => {
    const program = run([
      '--ephemeral',
      '--port',
      '0',
      '--host',
      '127.0.0.1',
      '--log-format',
      'json',
    ]);
    await program.says(/Server startup complete/);
    program.child.kill('SIGTERM');
    expect(await program.exitCode()).to.equal(0);
    const records = program.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.at(-1)).to.include({ level: 'info', msg: 'stopped', pid: '<0.0.0>' });
  });

  it('is quiet when asked to, but says when it is ready', async () => {
    const program = run([
      '--ephemeral',
      '--port',
      '0',
      '--host',
      '127.0.0.1',
      '--log-level',
      'none',
    ]);
    await program.ready();
    program.child.kill('SIGTERM');
    expect(await program.exitCode()).to.equal(0);
    expect(program.stdout.trimEnd().split('\n')).to.have.lengthOf(2);
  });

  it('names a port in use in one line and exits with 4', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const program = run(['--ephemeral', '--port', String(port)]);
    expect(await program.exitCode()).to.equal(4);
    expect(program.stdout).to.equal('');
    expect(program.stderr).to.equal(
      `leveret: cannot listen on 127.0.0.1 port ${port}: ` +
        'the port is in use; another broker may be running (choose a port with --port)\n',
    );
    taken.close();
  });

  it('keeps a data folder to itself, and leaves nothing of that behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leveret-program-'));
    const args = ['--port', '0', '--host', '127.0.0.1', '--data-dir', folder];
    try {
      const killed = run(args);
      await killed.ready();
      expect(killed.stdout).to.contain(`data is kept in ${folder}; confirmed once the disk has it`);
      const second = run(args);
      expect(await second.exitCode()).to.equal(5);
      expect(second.stdout).to.equal('');
      expect(second.stderr).to.equal(
        `leveret: cannot use the data folder ${folder}: ` +
          `it is in use by another process, pid ${killed.child.pid}\n`,
      );
      killed.child.kill('SIGKILL');
      await killed.exitCode();
      const third = run(args);
      await third.ready();
      third.child.kill('SIGTERM');
      expect(await third.exitCode()).to.equal(0);
      expect(readdirSync(folder)).to.include('FORMAT').and.not.to.include('lock');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const refusals: readonly [string[], Record<string, string>, number, string][] = [
    [['--prot', '1'], {}, 2, "unknown option '--prot' (leveret --help lists what there is)"],
    [['--config', 'no/such.conf'], {}, 3, 'cannot read no/such.conf: there is no such file'],
    [[], { RABBITMQ_NODE_PORT: 'x' }, 3, 'RABBITMQ_NODE_PORT: expected a whole number from 0'],
    [
      ['--ephemeral', '--port', '0', '--host', '192.0.2.1'],
      {},
      4,
      'cannot listen on 192.0.2.1: the address is',
    ],
    [['--data-dir', 'x', '--ephemeral'], {}, 2, '--ephemeral: --data-dir keeps data and'],
  ];
  for (const [args, environment, code, message] of refusals) {
    it(`exits with ${code}: ${message}`, async () => {
      const program = run(args, environment);
      expect(await program.exitCode()).to.equal(code);
      expect(program.stdout).to.equal('');
      expect(program.stderr.startsWith(`leveret: ${message}`), program.stderr).to.equal(true);
      expect(program.stderr.trimEnd().split('\n')).to.have.lengthOf(1);
    });
  }

  it('prints its version and its help', async () => {
    const version = run(['--version']);
    expect(await version.exitCode()).to.equal(0);
    expect(version.stdout).to.match(/^leveret \d+\.\d+\.\d+\n$/);
    const help = run(['--help']);
    expect(await help.exitCode()).to.equal(0);
    expect(help.stdout).to.contain('Exit codes');
  });
});
