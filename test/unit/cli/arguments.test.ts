import { expect } from 'chai';
import { parseArguments, type StartCommand } from '../../../src/cli/arguments.ts';
import { EXIT, ExitError } from '../../../src/cli/exit.ts';
import { FLAGS } from '../../../src/cli/flags.ts';

const start = (...argv: string[]) => parseArguments(argv) as StartCommand;

describe('parseArguments', () => {
  it('starts when nothing is said', () => {
    const expected = {
      name: 'start',
      configFile: undefined,
      flags: { options: {}, defaultUser: {} },
    };
    expect(start()).to.deep.equal(expected);
    expect(start('start')).to.deep.equal(expected);
  });

  it('reads every flag', () => {
    const command = start(
      ...['start', '-p', '5673', '--host', '0.0.0.0', '--host=::1', '--config', 'a.conf'],
      ...['--user', 'app:se:cret', '--user', 'b:c', '--vhost', '/', '--vhost', 'v'],
      ...['--log-level', 'debug', '--log-format', 'json'],
      ...['--data-dir', 'some/where', '--durability', 'os'],
    );
    expect(command.configFile).to.equal('a.conf');
    expect(command.flags.options).to.deep.equal({
      port: 5673,
      host: ['0.0.0.0', '::1'],
      users: [
        { name: 'app', password: 'se:cret' },
        { name: 'b', password: 'c' },
      ],
      vhosts: ['/', 'v'],
      dataDir: 'some/where',
      durability: 'os',
      logLevel: 'debug',
      logFormat: 'json',
    });
  });

  it('knows help and version as flags and as commands', () => {
    for (const argv of [['--help'], ['-h'], ['help'], ['start', '--help']]) {
      expect(parseArguments(argv)).to.deep.equal({ name: 'help' });
    }
    for (const argv of [['--version'], ['-V'], ['version']]) {
      expect(parseArguments(argv)).to.deep.equal({ name: 'version' });
    }
  });

  const bad: readonly [string, string][] = [
    ['--prot 1', "unknown option '--prot'"],
    ['--constructor', "unknown option '--constructor'"],
    ['-x', "unknown option '-x'"],
    ['stop', "unknown command 'stop'"],
    ['start now', "'now' is one argument too many"],
    ['--port', '--port needs a value: PORT'],
    ['--port=', '--port needs a value: PORT'],
    ['--port x', '--port: expected a whole number from 0 to 65535, got "x"'],
    ['--port 65536', 'got 65536'],
    ['--port 1 --port 2', '--port is given twice'],
    ['--ephemeral=yes', '--ephemeral takes no value'],
    ['--user app', '--user: expected NAME:PASSWORD'],
    ['--user :x', '--user: expected NAME:PASSWORD'],
    ['--user app:', '--user: expected NAME:PASSWORD'],
    ['--durability never', '--durability: expected one of fsync, os, got "never"'],
    ['--data-dir x --ephemeral', '--data-dir keeps data and --ephemeral keeps none: give one'],
    ['--ephemeral --data-dir x', '--data-dir keeps data and --ephemeral keeps none: give one'],
    ['store', 'store needs a command: inspect, verify, export'],
    ['store repair d', "unknown command 'store repair': there are inspect, verify, export"],
    ['store verify', 'store verify needs a data folder'],
    ['store verify a b', "'b' is one argument too many"],
    ['store verify a --json', 'store verify takes no --json'],
    ['store export a --queue', '--queue needs a value: NAME'],
    ['store export a --port 1', "unknown option '--port'"],
    ['--log-level loud', '--log-level: expected one of debug, info, warning, error, none'],
    ['--log-format xml', '--log-format: expected one of text, json, got "xml"'],
  ];
  for (const [line, message] of bad) {
    it(`refuses ${line}`, () => {
      const parse = () => parseArguments(line.split(' '));
      expect(parse).to.throw(ExitError, message).with.property('code', EXIT.usage);
    });
  }

  it('never repeats what may be a password', () => {
    expect(() => start('--user', 'se-cret'))
      .to.throw()
      .with.property('message')
      .not.contain('se-cret');
  });

  it('takes --ephemeral for no folder, however often it is said', () => {
    expect(start('--ephemeral', '--ephemeral').flags.options).to.deep.equal({ dataDir: null });
  });

  it('reads what is to be done with a data folder', () => {
    const plain = { json: false, force: false, output: undefined, queue: undefined };
    expect(parseArguments(['store', 'verify', 'some/where'])).to.deep.equal({
      ...{ name: 'store', action: 'verify', folder: 'some/where', vhost: undefined },
      ...plain,
    });
    const line = 'store export --output o --queue q d --vhost / --force';
    expect(parseArguments(line.split(' '))).to.deep.include({
      ...{ action: 'export', folder: 'd', output: 'o', queue: 'q', vhost: '/', force: true },
    });
    expect(parseArguments(['store', 'inspect', 'd', '--json'])).to.include({ json: true });
    expect(parseArguments(['store', '-h'])).to.deep.equal({ name: 'help' });
  });

  it('has no two flags with one letter', () => {
    const letters = Object.values(FLAGS).flatMap(({ short }) => short ?? []);
    expect(new Set(letters).size).to.equal(letters.length);
  });
});
