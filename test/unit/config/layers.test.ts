import { expect } from 'chai';
import { readEnvironment } from '../../../src/config/env.ts';
import { ConfigError } from '../../../src/config/errors.ts';
import { type ConfigLayer, combineLayers, emptyLayer } from '../../../src/config/layers.ts';
import { resolveOptions } from '../../../src/config/options.ts';

const layer = (options: ConfigLayer['options'], rest: Partial<ConfigLayer> = {}): ConfigLayer => ({
  ...emptyLayer(),
  options,
  ...rest,
});
const machine = { memoryBytes: () => 1000, hostname: () => 'box' };

describe('combineLayers', () => {
  it('adds nothing to nothing', () => {
    expect(combineLayers([emptyLayer(), emptyLayer()])).to.deep.equal({});
  });

  it('lets the later layer win, option by option', () => {
    const combined = combineLayers([
      layer({ heartbeatSeconds: 1, channelMax: 2 }),
      layer({ heartbeatSeconds: 3 }),
    ]);
    expect(combined).to.deep.equal({ heartbeatSeconds: 3, channelMax: 2 });
  });

  it('joins what is said piecemeal about the default user', () => {
    const combined = combineLayers([
      layer({ vhosts: 'v' }, { defaultUser: { name: 'app', permissions: { read: 'r' } } }),
      layer({}, { defaultUser: { password: 'secret' } }),
    ]);
    expect(resolveOptions(combined, machine).users).to.deep.equal([
      {
        name: 'app',
        password: 'secret',
        tags: ['administrator'],
        loopbackOnly: false,
        permissions: { v: { configure: '.*', write: '.*', read: 'r' } },
      },
    ]);
  });

  it('lets users that are given whole replace the default user', () => {
    const users = [{ name: 'a', password: 'b' }];
    const combined = combineLayers([
      layer({}, { defaultUser: { name: 'x' }, loopbackUsers: ['a'] }),
      layer({ users }),
    ]);
    expect(combined.users).to.deep.equal([{ name: 'a', password: 'b', loopbackOnly: true }]);
  });

  it('moves listeners of a file to the port of a stronger layer', () => {
    const file = layer({
      listeners: [
        { host: '127.0.0.1', port: 1 },
        { host: '::1', port: 2 },
        { host: '::1', port: 3 },
      ],
    });
    expect(combineLayers([file, layer({ port: 9 })])).to.deep.equal({
      host: ['127.0.0.1', '::1'],
      port: 9,
    });
    expect(combineLayers([file, layer({ host: '::' })])).to.deep.equal({ host: '::' });
    expect(combineLayers([layer({ host: '::', port: 9 }), file])).to.deep.equal(file.options);
  });

  it('keeps one of the two forms of the memory limit', () => {
    const relative = layer({ memoryHighWatermark: 0.1 });
    const absolute = layer({ memoryLimitBytes: 7 });
    expect(combineLayers([relative, absolute])).to.deep.equal({ memoryLimitBytes: 7 });
    expect(combineLayers([absolute, relative])).to.deep.equal({ memoryHighWatermark: 0.1 });
  });

  it('keeps one of the two forms of the disk free limit', () => {
    const relative = layer({ diskFreeLimitRelative: 1 });
    const absolute = layer({ diskFreeLimitBytes: 7 });
    expect(combineLayers([relative, absolute])).to.deep.equal({ diskFreeLimitBytes: 7 });
    expect(combineLayers([absolute, relative])).to.deep.equal({ diskFreeLimitRelative: 1 });
  });

  it('lets "no folder" replace a folder', () => {
    const combined = combineLayers([layer({ dataDir: 'x' }), layer({ dataDir: null })]);
    expect(combined).to.deep.equal({ dataDir: null });
  });
});

describe('readEnvironment', () => {
  it('reads RabbitMQ’s variables and no others', () => {
    const read = readEnvironment({
      RABBITMQ_DEFAULT_USER: 'app',
      RABBITMQ_DEFAULT_PASS: 'secret',
      RABBITMQ_DEFAULT_VHOST: 'v',
      RABBITMQ_NODE_PORT: '5673',
      RABBITMQ_MNESIA_DIR: 'some/where',
      RABBITMQ_NODENAME: 'x',
    });
    expect(read).to.deep.equal({
      options: { vhosts: ['v'], port: 5673, dataDir: 'some/where' },
      defaultUser: { name: 'app', password: 'secret' },
    });
  });

  it('takes an empty variable as not set', () => {
    expect(readEnvironment({ RABBITMQ_NODE_PORT: '' })).to.deep.equal(emptyLayer());
  });

  it('names the variable that is wrong', () => {
    expect(() => readEnvironment({ RABBITMQ_NODE_PORT: 'x' })).to.throw(
      ConfigError,
      'RABBITMQ_NODE_PORT: expected a whole number from 0 to 65535, got "x"',
    );
  });
});
