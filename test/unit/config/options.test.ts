import { expect } from 'chai';
import { ConfigError } from '../../../src/config/errors.ts';
import { OPTIONS } from '../../../src/config/option-table.ts';
import type { BrokerOptions } from '../../../src/config/options.ts';
import { resolveOptions } from '../../../src/config/options.ts';

const machine = { memoryBytes: () => 1000, hostname: () => 'box.example.org' };
const resolve = (options: BrokerOptions = {}) => resolveOptions(options, machine);

describe('resolveOptions', () => {
  it('fills in every default', () => {
    expect(resolve()).to.deep.equal({
      listeners: [
        { host: '127.0.0.1', port: 5672, ifAvailable: false },
        { host: '::1', port: 5672, ifAvailable: true },
      ],
      users: [
        {
          name: 'guest',
          password: 'guest',
          tags: ['administrator'],
          loopbackOnly: true,
          permissions: { '/': { configure: '.*', write: '.*', read: '.*' } },
        },
      ],
      vhosts: ['/'],
      product: 'RabbitMQ',
      version: '3.13.7',
      clusterName: 'rabbit@box',
      serverProperties: {},
      heartbeatSeconds: 60,
      frameMaxBytes: 131072,
      initialFrameMaxBytes: 4096,
      channelMax: 2047,
      maxMessageBytes: 134217728,
      handshakeTimeoutMs: 10000,
      maxConnections: Number.POSITIVE_INFINITY,
      consumerMaxPerChannel: Number.POSITIVE_INFINITY,
      memoryLimitBytes: 400,
      dataDir: null,
      definitions: null,
      eventExchangeVhost: null,
      permittedDeprecated: {},
      anonymousUser: 'guest',
      anonymousPassword: 'guest',
      logExchangeLevel: 'none',
      compatibility: '3.13',
      consumerTimeoutMs: 1_800_000,
      durability: 'fsync',
      diskFreeLimitBytes: 50_000_000,
      logLevel: 'none',
      logFormat: 'text',
    });
  });

  it('agrees with the defaults that the table states in words', () => {
    const resolved: Readonly<Record<string, unknown>> = { ...resolve() };
    for (const [name, { initially }] of Object.entries(OPTIONS)) {
      const value = resolved[name];
      if (typeof value === 'number' && name !== 'memoryLimitBytes') {
        expect(String(value), name).to.equal(initially);
      }
    }
    expect(resolved['memoryLimitBytes']).to.equal(
      Number(OPTIONS.memoryHighWatermark.initially) * 1000,
    );
    expect(OPTIONS.port.initially).to.equal(String(resolve().listeners[0]?.port));
  });

  it('is frozen to the bottom', () => {
    const resolved = resolve();
    for (const each of [resolved, resolved.users, resolved.users[0]?.permissions['/']]) {
      expect(Object.isFrozen(each)).to.equal(true);
    }
  });

  it('leaves the caller’s objects alone', () => {
    const users = [{ name: 'app', password: 'secret' }];
    resolve({ users });
    expect(Object.isFrozen(users[0])).to.equal(false);
  });

  it('takes undefined as not given', () => {
    expect(resolve({ port: undefined, users: undefined })).to.deep.equal(resolve());
  });

  it('pairs hosts with the port, and takes one host without an array', () => {
    expect(resolve({ host: '0.0.0.0', port: 0 }).listeners).to.deep.equal([
      { host: '0.0.0.0', port: 0, ifAvailable: false },
    ]);
    expect(resolve({ host: ['::1', '10.0.0.1'] }).listeners.map(({ host }) => host)).to.deep.equal([
      '::1',
      '10.0.0.1',
    ]);
  });

  it('gives users everything everywhere unless told otherwise', () => {
    const permissions = { a: { configure: '', write: 'x', read: '.*' } };
    const { users } = resolve({
      vhosts: ['a', 'b'],
      users: [
        { name: 'app', password: 'secret' },
        { name: 'guest', password: 'guest', loopbackOnly: false, tags: [], permissions },
      ],
    });
    expect(Object.keys(users[0]?.permissions ?? {})).to.deep.equal(['a', 'b']);
    expect(users[0]).to.include({ loopbackOnly: false });
    expect(users[1]).to.deep.include({ loopbackOnly: false, tags: [], permissions });
  });

  it('takes an absolute memory limit in place of the watermark', () => {
    expect(resolve({ memoryLimitBytes: 123 }).memoryLimitBytes).to.equal(123);
    expect(resolve({ memoryHighWatermark: 0.5 }).memoryLimitBytes).to.equal(500);
    expect(resolve({ memoryHighWatermark: 0 }).memoryLimitBytes).to.equal(0);
  });

  it('takes a share of the memory as disk free limit, and any folder', () => {
    expect(resolve({ diskFreeLimitBytes: 123 }).diskFreeLimitBytes).to.equal(123);
    expect(resolve({ diskFreeLimitRelative: 1.5 }).diskFreeLimitBytes).to.equal(1500);
    expect(resolve({ diskFreeLimitRelative: 0 }).diskFreeLimitBytes).to.equal(0);
    expect(resolve({ dataDir: 'a b/ü' }).dataDir).to.equal('a b/ü');
    expect(resolve({ dataDir: null }).dataDir).to.equal(null);
    expect(resolve({ durability: 'os' }).durability).to.equal('os');
  });

  it('takes limits at their ends and refuses one step beyond', () => {
    const ends: readonly [keyof BrokerOptions, number[], number[]][] = [
      ['port', [0, 65535], [-1, 65536, 0.5]],
      ['heartbeatSeconds', [0, 65535], [-1, 65536]],
      ['frameMaxBytes', [0, 4096, 2 ** 32 - 1], [1, 4095, 2 ** 32]],
      ['initialFrameMaxBytes', [0, 4096, 2 ** 32 - 1], [1, 4095, 2 ** 32]],
      ['channelMax', [0, 65535], [-1, 65536]],
      ['maxMessageBytes', [1, 536870912], [0, 536870913]],
      ['handshakeTimeoutMs', [1, 2 ** 31 - 1, Number.POSITIVE_INFINITY], [0, 2 ** 31]],
      ['maxConnections', [0, 2 ** 31 - 1, Number.POSITIVE_INFINITY], [-1, 2 ** 31]],
      ['consumerMaxPerChannel', [1, 2 ** 31 - 1, Number.POSITIVE_INFINITY], [0, 2 ** 31]],
      ['memoryHighWatermark', [0, 1], [-0.1, 1.1, Number.NaN]],
      ['memoryLimitBytes', [0, Number.MAX_SAFE_INTEGER], [-1]],
      ['diskFreeLimitBytes', [0, Number.MAX_SAFE_INTEGER], [-1, 0.5]],
      ['diskFreeLimitRelative', [0, 1.5, 1000], [-0.1, 1000.1]],
    ];
    for (const [name, good, bad] of ends) {
      for (const value of good) expect(() => resolve({ [name]: value }), name).not.to.throw();
      for (const value of bad) {
        expect(() => resolve({ [name]: value }), `${name} ${value}`).to.throw(ConfigError, name);
      }
    }
  });
});

describe('resolveOptions says what is wrong', () => {
  const cases: readonly [unknown, string][] = [
    [{ prot: 1 }, "unknown option 'prot'"],
    [{ toString: 1 }, "unknown option 'toString'"],
    [{ port: '5672' }, 'option \'port\': expected a whole number from 0 to 65535, got "5672"'],
    [{ vhosts: [] }, "option 'vhosts': expected one or more of: text of 1 to 255 octets, got none"],
    [{ vhosts: ['a', 'a'] }, "option 'vhosts': 'a' is given twice"],
    [{ vhosts: 'x'.repeat(256) }, "option 'vhosts': expected text of 1 to 255 octets, got"],
    [{ product: '' }, 'option \'product\': expected text of 1 to 255 octets, got ""'],
    [{ users: [{ name: 'a' }] }, "option 'users': 'password' is missing"],
    [{ users: [{ name: 'a', password: 'b', pw: 1 }] }, "option 'users': unknown member 'pw'"],
    [{ users: [{ name: 'a', password: '' }] }, "'users'.password: expected text that is not empty"],
    [{ users: ['a'] }, "option 'users': expected an object with name, password"],
    [{ users: [{ name: 'a', password: 'b', loopbackOnly: 1 }] }, 'expected true or false, got 1'],
    [
      { users: [{ name: 'a', password: 'b', permissions: { x: { configure: '' } } }] },
      "option 'users'.permissions.x: 'write' is missing",
    ],
    [
      {
        users: [
          { name: 'a', password: 'b', permissions: { x: { configure: '', write: '', read: '' } } },
        ],
      },
      "option 'users': no vhost 'x' for the permissions of 'a'",
    ],
    [
      { listeners: [{ host: 'a', port: 1 }], port: 2 },
      "option 'listeners' stands in place of 'host' and 'port': give one form",
    ],
    [{ listeners: [{ host: 'a' }] }, "option 'listeners': 'port' is missing"],
    [{ memoryLimitBytes: 1, memoryHighWatermark: 0.4 }, 'say the same thing twice: give one'],
    [{ diskFreeLimitBytes: 1, diskFreeLimitRelative: 1 }, 'say the same thing twice: give one'],
    [{ dataDir: '' }, "option 'dataDir': expected a path of 1 to 4096 octets, or null, got"],
    [{ dataDir: 'x'.repeat(4097) }, "option 'dataDir': expected a path of 1 to 4096 octets"],
    [{ dataDir: 'a\0b' }, "option 'dataDir': expected a path of 1 to 4096 octets"],
    [{ durability: 'no' }, 'option \'durability\': expected one of fsync, os, got "no"'],
    [{ logLevel: 'loud' }, 'expected one of debug, info, warning, error, none, got "loud"'],
    [{ serverProperties: { a: 1 } }, "option 'serverProperties'.a: expected text, got 1"],
    [{ serverProperties: 'a' }, "option 'serverProperties': expected an object of names"],
  ];
  for (const [options, message] of cases) {
    it(message, () => {
      expect(() => resolve(options as BrokerOptions)).to.throw(ConfigError, message);
    });
  }
});
