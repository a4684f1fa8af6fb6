// What a broker tells in messages: the firehose and the event exchange. Reference: compatibility
// B7.5, B7.6; types and order of the headers as RabbitMQ's source has them.
import amqp, { type Channel, type ConsumeMessage } from 'amqplib';
import { expect } from 'chai';
import { type Broker, type BrokerOptions, ConfigError, startBroker } from '../../src/index.ts';

describe('Told in messages', () => {
  let broker: Broker;
  let channel: Channel;

  const start = async (options: BrokerOptions = {}) => {
    broker = await startBroker({ port: 0, clusterName: 'rabbit@box', ...options });
    const connection = await amqp.connect(broker.url);
    channel = await connection.createChannel();
  };
  const heard = async (exchange: string) => {
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, '#');
    return async () => {
      const found: ConsumeMessage[] = [];
      for (;;) {
        const got = await channel.get(queue, { noAck: true });
        if (got === false) return found;
        found.push(got as unknown as ConsumeMessage);
      }
    };
  };

  afterEach(() => broker.stop());

  it('the firehose copies what is published and delivered, while it is on (B7.5)', async () => {
    await start();
    const take = await heard('amq.rabbitmq.trace');
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('before'));
    await channel.get('q', { noAck: true });
    broker.traceOn('/');
    channel.sendToQueue('q', Buffer.from('body'), { messageId: 'm1', headers: { a: 1 } });
    await channel.checkQueue('q');
    await channel.get('q', { noAck: true });
    broker.traceOff('/');
    await channel.get('q', { noAck: true });
    const copies = await take();
    expect(copies.map(({ fields }) => fields.routingKey)).to.deep.equal(['publish.', 'deliver.q']);
    const [published, delivered] = copies as [ConsumeMessage, ConsumeMessage];
    expect(published.content.toString()).to.equal('body');
    const common = {
      exchange_name: '',
      routing_keys: ['q'],
      node: 'rabbit@box',
      vhost: '/',
      channel: 1,
      user: 'guest',
    };
    expect(published.properties.headers).to.deep.include({ ...common, routed_queues: ['q'] });
    expect(published.properties.headers?.['properties']).to.deep.equal({
      message_id: 'm1',
      headers: { a: 1 },
    });
    expect(delivered.properties.headers).to.deep.include({ ...common, redelivered: 0 });
  });

  it('the event exchange tells what happens (B7.6)', async () => {
    await start({ eventExchangeVhost: '/' });
    const take = await heard('amq.rabbitmq.event');
    await channel.assertQueue('q');
    await channel.bindQueue('q', 'amq.topic', 'key');
    await channel.deleteQueue('q');
    const events = (await take()).filter(({ properties }) => {
      const { name, destination_name: destination } = properties.headers ?? {};
      return name === 'q' || destination === 'q';
    });
    expect(events.map(({ fields }) => fields.routingKey)).to.deep.equal([
      'queue.created',
      'binding.created',
      'binding.deleted',
      'queue.deleted',
    ]);
    const { headers, timestamp } = (events[1] as ConsumeMessage).properties;
    expect(headers).to.deep.include({
      source_name: 'amq.topic',
      source_kind: 'exchange',
      destination_name: 'q',
      destination_kind: 'queue',
      routing_key: 'key',
      vhost: '/',
    });
    expect(Math.floor(Number(headers?.['timestamp_in_ms']) / 1000)).to.equal(timestamp);
  });

  it('events have the attributes that RabbitMQ gives them, in its order (B7.6)', async () => {
    await start({ eventExchangeVhost: '/' });
    const take = await heard('amq.rabbitmq.event');
    const connection = await amqp.connect(broker.url, {
      clientProperties: { connection_name: 'mine' },
    });
    const other = await connection.createChannel();
    const alternate = { 'alternate-exchange': 'amq.fanout', n: 5 };
    await other.assertExchange('x', 'topic', { arguments: alternate });
    await other.assertQueue('own', { exclusive: true, arguments: { 'x-max-length': 7 } });
    await other.bindQueue('own', 'x', 'a.#', { h: 1 });
    await other.prefetch(10);
    const { consumerTag } = await other.consume('own', () => undefined, { priority: 3 });
    await other.cancel(consumerTag);
    await other.deleteExchange('x');
    await other.close();
    await connection.close();
    await amqp.connect(broker.url.replace('guest:guest', 'guest:wrong')).catch(() => undefined);
    const told = new Map<string, Record<string, unknown>>();
    for (const { fields, properties } of (await take()).slice(1)) {
      told.set(fields.routingKey, properties.headers as Record<string, unknown>);
    }
    const namesOf = (key: string) => Object.keys(told.get(key) ?? {}).join(' ');
    expect([...told.keys()]).to.deep.equal([
      ...['user.authentication.success', 'connection.created', 'channel.created'],
      ...['exchange.created', 'queue.created', 'binding.created', 'consumer.created'],
      ...['consumer.deleted', 'binding.deleted', 'exchange.deleted', 'channel.closed'],
      ...['queue.deleted', 'connection.closed', 'user.authentication.failure'],
    ]);
    const time = 'timestamp_in_ms';
    const actor = `user_who_performed_action ${time}`;
    expect(namesOf('connection.created')).to.equal(
      'user_provided_name type pid name port peer_port host peer_host ssl peer_cert_subject ' +
        'peer_cert_issuer peer_cert_validity auth_mechanism ssl_protocol ssl_key_exchange ' +
        'ssl_cipher ssl_hash protocol user vhost timeout frame_max channel_max ' +
        `client_properties connected_at ${actor}`,
    );
    expect(told.get('connection.created')).to.deep.include({
      user_provided_name: 'mine',
      host: '{127,0,0,1}',
      peer_host: '{127,0,0,1}',
      protocol: '{0,9,1}',
      auth_mechanism: 'PLAIN',
      user: 'guest',
      user_who_performed_action: 'guest',
    });
    expect(told.get('connection.created')?.['client_properties']).to.include(
      '{<<"connection_name">>,longstr,<<"mine">>}',
    );
    checkOthers(told, actor);
  });

  function checkOthers(told: Map<string, Record<string, unknown>>, actor: string): void {
    const time = 'timestamp_in_ms';
    const namesOf = (key: string) => Object.keys(told.get(key) ?? {}).join(' ');
    expect(namesOf('channel.created')).to.equal(`pid name connection number user vhost ${actor}`);
    expect(namesOf('channel.closed')).to.equal(`pid ${actor}`);
    const headersOf = (key: string) => {
      const { [time]: _, ...headers } = told.get(key) ?? {};
      return headers;
    };
    expect(headersOf('exchange.created')).to.deep.equal({
      ...{ vhost: '/', name: 'x', type: 'topic', durable: true, auto_delete: false },
      internal: false,
      arguments: ['{<<"alternate-exchange">>,longstr,<<"amq.fanout">>}', '{<<"n">>,byte,5}'],
      ...{ policy: '', user_who_performed_action: 'guest' },
    });
    expect(headersOf('queue.created')).to.deep.equal({
      ...{ vhost: '/', name: 'own', durable: false, auto_delete: false },
      arguments: ['{<<"x-max-length">>,byte,7}'],
      ...{ owner_pid: '', exclusive: true, user_who_performed_action: 'guest' },
    });
    expect(headersOf('binding.created')).to.deep.equal({
      ...{ source_name: 'x', source_kind: 'exchange', destination_name: 'own' },
      ...{ destination_kind: 'queue', routing_key: 'a.#', arguments: ['{<<"h">>,byte,1}'] },
      ...{ vhost: '/', user_who_performed_action: 'guest' },
    });
    expect(namesOf('consumer.created')).to.equal(
      `consumer_tag exclusive ack_required channel vhost queue prefetch_count arguments ${actor}`,
    );
    expect(headersOf('consumer.created')).to.deep.include({
      ...{ ack_required: true, prefetch_count: 10, arguments: ['{<<"x-priority">>,byte,3}'] },
    });
    expect(namesOf('consumer.deleted')).to.equal(`consumer_tag channel vhost queue ${actor}`);
    expect(headersOf('queue.deleted')).to.deep.equal({
      ...{ vhost: '/', name: 'own', user_who_performed_action: 'rmq-internal' },
    });
    expect(namesOf('connection.closed')).to.equal(
      `user_provided_name name pid client_properties ${time}`,
    );
    expect(headersOf('user.authentication.failure')).to.deep.include({
      ...{ name: 'guest', error: "user 'guest' - invalid credentials" },
    });
  }

  it('the event exchange tells of users, permissions and parameters', async () => {
    await start({ eventExchangeVhost: '/' });
    const take = await heard('amq.rabbitmq.event');
    const patterns = { configure: '.*', write: 'w', read: '' };
    await broker.importDefinitions({
      users: [{ name: 'u', password_hash: '', tags: ['monitoring'] }],
      permissions: [{ user: 'u', vhost: '/', ...patterns }],
      topic_permissions: [{ user: 'u', vhost: '/', exchange: 'amq.topic', write: 'w', read: 'r' }],
      parameters: [{ vhost: '/', component: 'shovel', name: 's', value: { 'src-queue': 'q' } }],
    });
    const told = (await take()).slice(1).map(({ fields, properties }) => {
      const {
        timestamp_in_ms: _,
        user_who_performed_action: actor,
        ...headers
      } = properties.headers ?? {};
      expect(actor).to.equal('rmq-internal');
      return [fields.routingKey, headers];
    });
    expect(told).to.deep.equal([
      ['user.created', { name: 'u' }],
      ['user.tags.set', { name: 'u', tags: ['monitoring'] }],
      ['permission.created', { user: 'u', vhost: '/', ...patterns }],
      [
        'topic.permission.created',
        { user: 'u', vhost: '/', exchange: 'amq.topic', write: 'w', read: 'r' },
      ],
      [
        'parameter.set',
        { vhost: '/', component: 'shovel', name: 's', value: { 'src-queue': 'q' } },
      ],
    ]);
  });

  it('the log exchange has the log, by level (B7.7)', async () => {
    await start({ logExchangeLevel: 'warning' });
    const take = await heard('amq.rabbitmq.log');
    const wrong = broker.url.replace('guest:guest', 'guest:wrong');
    await amqp.connect(wrong).catch(() => undefined);
    const [line, ...others] = await take();
    expect(others).to.deep.equal([]);
    expect(line?.fields).to.include({ exchange: 'amq.rabbitmq.log', routingKey: 'error' });
    expect(line?.content.toString()).to.match(
      /^\d{4}-\S+ \S+ \[error\] <0\.2\.0> Error on AMQP connection .*\n.*invalid credentials\n$/,
    );
    const { contentType, headers, timestamp } = (line as ConsumeMessage).properties;
    expect([contentType, headers]).to.deep.equal(['text/plain', { node: 'rabbit@box' }]);
    expect(timestamp).to.be.closeTo(Date.now() / 1000, 60);
  });

  it('the log exchange tells nothing of its own messages', async () => {
    await start({ logExchangeLevel: 'debug', logFormat: 'json' });
    const take = await heard('amq.rabbitmq.log');
    await (await amqp.connect(broker.url)).close();
    const lines = (await take()).map(({ content }) => JSON.parse(content.toString()));
    expect(lines.length).to.be.greaterThan(2);
    expect(lines[0]).to.include({ level: 'info', pid: '<0.2.0>' });
    expect(await take()).to.deep.equal([]);
  });

  it('the event exchange takes nothing from clients, and needs a virtual host', async () => {
    await start({ eventExchangeVhost: '/' });
    const connection = await amqp.connect(broker.url);
    const other = await connection.createChannel();
    const closed = new Promise<Error>((resolve) => other.once('error', resolve));
    other.publish('amq.rabbitmq.event', 'x', Buffer.from(''));
    expect((await closed).message).to.contain('cannot publish to internal exchange');
    const error: unknown = await startBroker({ port: 0, eventExchangeVhost: 'v' }).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ConfigError);
  });
});
