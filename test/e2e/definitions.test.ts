// Definitions in RabbitMQ's export format: loaded at the start and at run time, kept, given back.
// Reference: compatibility B.3.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import amqp from 'amqplib';
import { expect } from 'chai';
import { hashPassword } from '../../src/auth/passwords.ts';
import { type Broker, type BrokerOptions, ConfigError, startBroker } from '../../src/index.ts';

const FILE = {
  rabbit_version: '3.13.7',
  users: [
    {
      name: 'ann',
      password_hash: hashPassword('secret'),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: ['administrator'],
      limits: {},
    },
    {
      name: 'bob',
      password_hash: hashPassword('b'),
      tags: 'management,monitoring',
      limits: { 'max-connections': 7 },
    },
  ],
  vhosts: [{ name: '/' }, { name: 'shop', metadata: { description: 'orders', tags: ['a'] } }],
  permissions: [
    { user: 'ann', vhost: 'shop', configure: '.*', write: '.*', read: '.*' },
    { user: 'bob', vhost: 'shop', configure: '^$', write: '', read: '^orders$' },
  ],
  topic_permissions: [{ user: 'bob', vhost: 'shop', exchange: 'x', write: '.*', read: '.*' }],
  parameters: [
    {
      vhost: 'shop',
      component: 'operator_policy',
      name: 'bound',
      value: {
        pattern: '^orders$',
        'apply-to': 'queues',
        priority: 1,
        definition: { expires: 99999 },
      },
    },
    { vhost: 'shop', component: 'shovel', name: 's', value: { 'src-uri': 'amqp://' } },
    { vhost: 'shop', component: 'vhost-limits', name: 'limits', value: { 'max-queues': 9 } },
  ],
  global_parameters: [{ name: 'cluster_name', value: 'c1' }],
  policies: [
    {
      vhost: 'shop',
      name: 'short',
      pattern: '^orders',
      'apply-to': 'queues',
      definition: { 'max-length': 2 },
      priority: 0,
    },
  ],
  queues: [
    { name: 'orders', vhost: 'shop', durable: true, auto_delete: false, arguments: {} },
    {
      name: 'sure',
      vhost: 'shop',
      type: 'quorum',
      durable: true,
      auto_delete: false,
      arguments: { 'x-queue-type': 'quorum', 'x-message-ttl': 5000 },
    },
  ],
  exchanges: [
    {
      name: 'x',
      vhost: 'shop',
      type: 'topic',
      durable: true,
      auto_delete: false,
      internal: false,
      arguments: {},
    },
  ],
  bindings: [
    {
      source: 'x',
      vhost: 'shop',
      destination: 'orders',
      destination_type: 'queue',
      routing_key: '#',
      arguments: {},
    },
  ],
};

describe('Definitions', () => {
  let folder: string;
  let broker: Broker | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'definitions-'));
  });

  afterEach(async () => {
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (options: BrokerOptions): Promise<Broker> => {
    broker = await startBroker({ port: 0, ...options });
    return broker;
  };
  const url = (user: string, vhost = 'shop') =>
    `amqp://${user}@127.0.0.1:${broker?.port}/${encodeURIComponent(vhost)}`;
  const refusal = async (address: string): Promise<string> => {
    try {
      await (await amqp.connect(address)).close();
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('are in force for clients: users, permissions, topology, policies', async () => {
    await start({ definitions: FILE });
    const connection = await amqp.connect(url('ann:secret'));
    const channel = await connection.createConfirmChannel();
    for (const body of '123') channel.publish('x', 'k', Buffer.from(body));
    await channel.waitForConfirms();
    const got = await channel.get('orders', { noAck: true });
    expect((got || null)?.content.toString()).to.equal('2');
    await connection.close();
    expect(broker?.effectivePolicyDefinition('shop', 'orders')).to.deep.equal({
      'max-length': 2,
      expires: 99999,
    });
    expect(await refusal(url('ann:wrong'))).to.match(/ACCESS_REFUSED|403/);
    expect(await refusal(url('ann:secret', '/'))).to.match(/NOT_ALLOWED|530|ConnectionOpenOk/);
    expect(await refusal(url('guest:guest', '/'))).to.match(/ACCESS_REFUSED|403/);
  });

  it('come back after a restart without the file, and are given back as they were', async () => {
    const dataDir = join(folder, 'data');
    const before = (await start({ dataDir, definitions: FILE })).exportDefinitions();
    await broker?.stop();
    const after = (await start({ dataDir })).exportDefinitions();
    expect(after).to.deep.equal(before);
    expect(after['users']).to.deep.include({
      name: 'bob',
      password_hash: FILE.users[1]?.password_hash,
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: ['management', 'monitoring'],
      limits: { 'max-connections': 7 },
    });
    const vhosts = after['vhosts'] as { name: string; limits: unknown }[];
    expect(vhosts.find(({ name }) => name === 'shop')?.limits).to.deep.equal([['max-queues', 9]]);
    for (const section of ['permissions', 'topic_permissions', 'policies', 'bindings'] as const) {
      expect(after[section], section).to.deep.equal(FILE[section]);
    }
    expect(after['parameters']).to.have.deep.members(FILE.parameters);
    expect(after['global_parameters']).to.deep.equal(FILE.global_parameters);
    expect(await refusal(url('bob:b'))).to.equal('none');
    expect(await refusal(url('guest:guest', '/'))).to.match(/ACCESS_REFUSED|403/);
  });

  it('are read from a file, and from a folder of files', async () => {
    const { users, vhosts, ...rest } = FILE;
    writeFileSync(join(folder, '1.json'), JSON.stringify({ users, vhosts }));
    writeFileSync(join(folder, '2.json'), JSON.stringify(rest));
    await start({ definitions: folder });
    expect(broker?.policies('shop').map(({ name }) => name)).to.deep.equal(['short']);
  });

  it('leave what exists, replace what is set, and delete nothing', async () => {
    await start({ definitions: FILE });
    const [policy] = FILE.policies;
    await broker?.importDefinitions({
      queues: [{ ...FILE.queues[0], arguments: { 'x-max-length': 1 } }],
      policies: [{ ...policy, definition: { 'max-length': 7 } }],
    });
    const after = broker?.exportDefinitions() as { queues: object[]; policies: object[] };
    expect(after.queues).to.have.length(2);
    expect(after.queues[0]).to.deep.include({ name: 'orders', arguments: {} });
    expect(after.policies).to.deep.equal([{ ...policy, definition: { 'max-length': 7 } }]);
  });

  it('have the type of a queue in its arguments, and reserve names as RabbitMQ does', async () => {
    const queue = { vhost: '/', durable: true, auto_delete: false };
    await start({
      definitions: {
        queues: [
          { ...queue, name: 'q', type: 'quorum' },
          { ...queue, name: 'amq.gen-1' },
        ],
        exchanges: [{ ...queue, name: 'amq.mine', type: 'topic' }],
      },
    });
    const after = broker?.exportDefinitions();
    expect(after?.['queues']).to.deep.equal([
      { ...queue, name: 'q', type: 'classic', arguments: {} },
    ]);
    expect(after?.['exchanges']).to.deep.equal([]);
  });

  it('may have bindings without their ends, which are left out', async () => {
    const binding = { vhost: 'shop', routing_key: 'k', arguments: {} };
    const [whole] = FILE.bindings;
    await start({
      definitions: {
        ...FILE,
        bindings: [
          { ...binding, source: 'missing', destination: 'orders', destination_type: 'queue' },
          { ...binding, source: 'x', destination: 'missing', destination_type: 'queue' },
          { ...binding, source: 'x', destination: 'missing', destination_type: 'exchange' },
          { ...binding, source: '', destination: 'orders', destination_type: 'queue' },
          whole,
        ],
      },
    });
    expect(broker?.exportDefinitions()['bindings']).to.deep.equal([whole]);
  });

  it('may have a password in place of its hash, or neither', async () => {
    const users = [
      { name: 'cat', password: 'purr', tags: [] },
      { name: 'dog', tags: [] },
    ];
    const permissions = [{ user: 'cat', vhost: '/', configure: '', write: '', read: '' }];
    await start({ definitions: { users, permissions } });
    expect(await refusal(url('cat:purr', '/'))).to.equal('none');
    expect(await refusal(url('cat:woof', '/'))).to.match(/ACCESS_REFUSED|403/);
    expect(await refusal(url('dog:', '/'))).to.match(/ACCESS_REFUSED|403/);
  });

  for (const [what, definitions, text] of [
    ['no JSON', '{', /definitions are no JSON/],
    ['no object', '[]', /must be a JSON object/],
    ['a section that is no list', '{"queues":{}}', /queues: expected a list/],
    ['a queue without a name', '{"queues":[{"vhost":"/"}]}', /queues\[0\]: name is missing/],
    [
      'a password beside its hash',
      '{"users":[{"name":"u","password":"p","password_hash":"","tags":[]}]}',
      /users\[0\]: user 'u' has a password and a password_hash/,
    ],
    [
      'a password that is no text',
      '{"users":[{"name":"u","password":1,"tags":[]}]}',
      /users\[0\]: user 'u': password must be of type string/,
    ],
    [
      'an unknown vhost',
      '{"exchanges":[{"vhost":"v","name":"x","type":"topic","durable":true,"auto_delete":false}]}',
      /exchanges\[0\]: there is no vhost 'v'/,
    ],
    [
      'a bad policy',
      '{"policies":[{"vhost":"/","name":"p","pattern":"","definition":{"max-length":-1}}]}',
      /policies\[0\]: Validation failed\n\n-1 is not a valid maximum length/,
    ],
  ] as const) {
    it(`with ${what} stop the start with one clear error`, async () => {
      const path = join(folder, 'bad.json');
      writeFileSync(path, definitions);
      const error: unknown = await start({ definitions: path }).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(ConfigError);
      expect((error as Error).message)
        .to.match(text)
        .and.to.contain(path);
    });
  }

  it('that are not there stop the start', async () => {
    const error: unknown = await start({ definitions: join(folder, 'none.json') }).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as Error).message).to.match(/cannot read the definitions .*none\.json/);
  });
});
