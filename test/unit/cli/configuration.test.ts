import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseArguments, type StartCommand } from '../../../src/cli/arguments.ts';
import { gatherConfiguration } from '../../../src/cli/configuration.ts';
import { ConfigError } from '../../../src/config/errors.ts';

describe('gatherConfiguration', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'leveret-conf-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  function gather(file: string | Buffer | undefined, argv: string[], environment = {}) {
    const path = join(folder, 'rabbitmq.conf');
    if (file !== undefined) writeFileSync(path, file);
    const flags = file === undefined ? argv : [...argv, '--config', path];
    return gatherConfiguration(parseArguments(flags) as StartCommand, environment);
  }

  it('puts flags over the environment over the file', () => {
    const file = 'listeners.tcp.1 = 127.0.0.1:1\nlog.console.level = error\ndefault_user = filed';
    const environment = { RABBITMQ_NODE_PORT: '2', RABBITMQ_DEFAULT_PASS: 'secret' };
    expect(gather(file, []).options).to.deep.include({
      listeners: [{ host: '127.0.0.1', port: 1 }],
      logLevel: 'error',
    });
    const { options } = gather(file, ['--log-level', 'debug'], environment);
    expect(options).to.deep.include({ host: ['127.0.0.1'], port: 2, logLevel: 'debug' });
    expect(options.users?.[0]).to.include({ name: 'filed', password: 'secret' });
    expect(gather(file, ['--port', '3'], environment).options.port).to.equal(3);
  });

  it('hands on warnings with file and line', () => {
    const { warnings } = gather('a = 1', []);
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.match(/rabbitmq\.conf:1: 'a' is not a key/);
  });

  it('needs no file, and keeps its data in a folder', () => {
    const expected = { options: { dataDir: 'data' }, warnings: [] };
    expect(gather(undefined, [])).to.deep.equal(expected);
  });

  it('keeps its data elsewhere or nowhere when told so', () => {
    const file = 'leveret.data_dir = filed';
    const environment = { RABBITMQ_MNESIA_DIR: 'set' };
    const dataDir = (...args: Parameters<typeof gather>) => gather(...args).options.dataDir;
    expect(dataDir(file, [])).to.equal('filed');
    expect(dataDir(file, [], environment)).to.equal('set');
    expect(dataDir(file, ['--data-dir', 'flagged'], environment)).to.equal('flagged');
    expect(dataDir(file, ['--ephemeral'], environment)).to.equal(null);
  });

  it('skips a byte order mark', () => {
    expect(gather('\ufeffheartbeat = 1', []).options).to.include({ heartbeatSeconds: 1 });
  });

  it('says in one line what is wrong with a file', () => {
    const missing = parseArguments(['--config', join(folder, 'missing.conf')]) as StartCommand;
    expect(() => gatherConfiguration(missing, {})).to.throw(ConfigError, /there is no such file$/);
    const directory = parseArguments(['--config', folder]) as StartCommand;
    expect(() => gatherConfiguration(directory, {})).to.throw(ConfigError, /it is a directory$/);
    expect(() => gather(Buffer.from([0x61, 0xff]), [])).to.throw(ConfigError, /not UTF-8 text$/);
    expect(() => gather('a', [])).to.throw(ConfigError, /rabbitmq\.conf:1: expected 'key = value'/);
  });
});
