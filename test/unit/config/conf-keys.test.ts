import { expect } from 'chai';
import { parseConf } from '../../../src/config/conf-file.ts';
import { CONF_KEYS, readEntries } from '../../../src/config/conf-keys.ts';
import { ConfigError } from '../../../src/config/errors.ts';
import { combineLayers } from '../../../src/config/layers.ts';
import { resolveOptions } from '../../../src/config/options.ts';

const machine = { memoryBytes: () => 1000, hostname: () => 'box' };
const read = (text: string) => readEntries(parseConf(text, 'f'));
const resolve = (text: string) => resolveOptions(combineLayers([read(text).layer]), machine);

describe('the keys of rabbitmq.conf', () => {
  const cases: readonly [string, object][] = [
    ['heartbeat = 10', { heartbeatSeconds: 10 }],
    ['heartbeat = 10\nheartbeat = 20', { heartbeatSeconds: 20 }],
    ['frame_max = 8192', { frameMaxBytes: 8192 }],
    ['frame_max = 64KB', { frameMaxBytes: 65536 }],
    ['frame_max = 0', { frameMaxBytes: 0 }],
    ['initial_frame_max = 8KB', { initialFrameMaxBytes: 8192 }],
    ['channel_max = 16', { channelMax: 16 }],
    ['max_message_size = 536870912', { maxMessageBytes: 536870912 }],
    ['handshake_timeout = 500', { handshakeTimeoutMs: 500 }],
    ['handshake_timeout = infinity', { handshakeTimeoutMs: Number.POSITIVE_INFINITY }],
    ['connection_max = 7', { maxConnections: 7 }],
    ['connection_max = infinity', { maxConnections: Number.POSITIVE_INFINITY }],
    ['consumer_max_per_channel = 3', { consumerMaxPerChannel: 3 }],
    ['vm_memory_high_watermark.relative = 0.25', { memoryLimitBytes: 250 }],
    ['vm_memory_high_watermark.absolute = 2GB', { memoryLimitBytes: 2_000_000_000 }],
    ['vm_memory_high_watermark.absolute = 2GiB', { memoryLimitBytes: 2 * 1024 ** 3 }],
    [
      'vm_memory_high_watermark.relative = 0.5\nvm_memory_high_watermark.absolute = 1MB',
      { memoryLimitBytes: 500 },
    ],
    ['disk_free_limit.absolute = 2GB', { diskFreeLimitBytes: 2_000_000_000 }],
    ['disk_free_limit.absolute = 7M', { diskFreeLimitBytes: 7 * 1024 ** 2 }],
    ['disk_free_limit.absolute = 0', { diskFreeLimitBytes: 0 }],
    ['disk_free_limit.relative = 1.5', { diskFreeLimitBytes: 1500 }],
    [
      'disk_free_limit.relative = 2.0\ndisk_free_limit.absolute = 1MB',
      { diskFreeLimitBytes: 2000 },
    ],
    ['leveret.data_dir = some/where', { dataDir: 'some/where' }],
    ['leveret.durability = os', { durability: 'os' }],
    ['log.console.level = warning', { logLevel: 'warning' }],
    ['log.console.level = critical', { logLevel: 'error' }],
    ['log.console = false', { logLevel: 'none' }],
    ['log.console = true', { logLevel: 'none' }],
    ['log.console.formatter = json', { logFormat: 'json' }],
    ['log.console.formatter = plaintext', { logFormat: 'text' }],
    ['cluster_name = hares', { clusterName: 'hares' }],
    ['product.name = X\nproduct.version = 4', { product: 'X', version: '4' }],
    ['default_vhost = app', { vhosts: ['app'] }],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => {
      expect(resolve(text)).to.deep.include(expected);
    });
  }

  it('listeners: a port for every address, addresses with a port, several of both', () => {
    const listeners = (text: string) =>
      resolve(text).listeners.map(({ host, port }) => `${host} ${port}`);
    expect(listeners('listeners.tcp.default = 5673')).to.deep.equal([':: 5673']);
    expect(
      listeners(
        'listeners.tcp.local = 127.0.0.1:5673\nlisteners.tcp.2 = ::1:5674\n' +
          'listeners.tcp.other = [fe80::1]:5675\nlisteners.tcp.4 = :::5676',
      ),
    ).to.deep.equal(['127.0.0.1 5673', '::1 5674', 'fe80::1 5675', ':: 5676']);
  });

  it('the default user: name, password, virtual host, permissions and tags', () => {
    const { users } = resolve(
      [
        'default_user = app',
        'default_pass = secret',
        'default_vhost = orders',
        'default_permissions.configure = ^app-',
        "default_permissions.read = ''",
        'default_user_tags.management = true',
        'default_user_tags.administrator = false',
      ].join('\n'),
    );
    expect(users).to.deep.equal([
      {
        name: 'app',
        password: 'secret',
        tags: ['management'],
        loopbackOnly: false,
        permissions: { orders: { configure: '^app-', write: '.*', read: '' } },
      },
    ]);
  });

  it('loopback users: named ones, none, and names with a dot', () => {
    const user = (text: string) => resolve(text).users[0];
    expect(user('heartbeat = 1')).to.include({ name: 'guest', loopbackOnly: true });
    expect(user('loopback_users = none')).to.include({ loopbackOnly: false });
    expect(user('loopback_users.guest = false')).to.include({ loopbackOnly: false });
    expect(user('loopback_users.app = true')).to.include({ name: 'guest', loopbackOnly: false });
    expect(user('default_user = a.b\nloopback_users.a\\.b = true')).to.include({
      name: 'a.b',
      loopbackOnly: true,
    });
  });

  it('warns once for each key that it does not have, with the place', () => {
    const { warnings, layer } = read(
      '\nmanagement.tcp.port = 15672\nconstructor = 1\nheartbeat = 3\nlisteners.ssl.default = 5671',
    );
    expect(layer.options).to.deep.equal({ heartbeatSeconds: 3 });
    expect(warnings).to.deep.equal([
      "f:2: 'management.tcp.port' is not a key of this version; ignored",
      "f:3: 'constructor' is not a key of this version; ignored",
      "f:5: 'listeners.ssl.default' is not a key of this version; ignored",
    ]);
  });

  const bad: readonly [string, string][] = [
    ['heartbeat = abc', 'f:1: heartbeat: expected a whole number from 0 to 65535, got "abc"'],
    ['\nheartbeat = -5', 'f:2: heartbeat: expected a whole number from 0 to 65535, got -5'],
    ['heartbeat = 4.5', 'got "4.5"'],
    ['frame_max = 100', 'f:1: frame_max: expected a whole number from 4096 to 4294967295 or 0'],
    ['max_message_size = 536870913', 'from 1 to 536870912, got 536870913'],
    ['listeners.tcp.default = 70000', 'from 0 to 65535, got 70000'],
    ['listeners.tcp.default = here', "expected a port or address:port, got 'here'"],
    ['listeners.tcp = none', "f:1: listeners.tcp: 'none' is not supported"],
    ['vm_memory_high_watermark.relative = 1.7', 'expected a number from 0 to 1, got 1.7'],
    ['vm_memory_high_watermark.absolute = 2XB', 'got "2XB"'],
    ['disk_free_limit.absolute = 1.5GB', 'disk_free_limit.absolute: expected a whole number'],
    ['disk_free_limit.relative = -1.0', 'expected a number from 0 to 1000, got -1'],
    ['leveret.durability = none', 'f:1: leveret.durability: expected one of fsync, os, got "none"'],
    ['log.console.level = loud', 'log.console.level: expected debug, info, notice, warning'],
    ['log.console.level = toString', "got 'toString'"],
    ['loopback_users = guest', "expected none, got 'guest'"],
    ['default_user_tags.x = yes', "expected true, false, got 'yes'"],
  ];
  for (const [text, message] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => read(text)).to.throw(ConfigError, message);
    });
  }

  it('are all listed, for the documentation', () => {
    expect(CONF_KEYS).to.include.members(['heartbeat', 'listeners.tcp.*', 'loopback_users.*']);
  });
});
