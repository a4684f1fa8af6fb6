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
