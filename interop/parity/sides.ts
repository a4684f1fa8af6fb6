/**
 * The two brokers that are compared, with the same users, vhosts and limits: RabbitMQ as a node of
 * the suite's own (or a running one, which has guest only), Leveret in this process.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Broker, startBroker } from '../../src/index.ts';
import { HANDSHAKE_TIMEOUT_MS, MAX_MESSAGE_BYTES, WORLD } from '../../test/support/world.ts';
import { HOST } from '../brokers/broker.ts';
import { makeRabbitmqReady, RabbitmqBroker } from '../brokers/rabbitmq.ts';

/** Types of exchanges that are compared, too. */
const PLUGINS = [
  'rabbitmq_consistent_hash_exchange',
  'rabbitmq_jms_topic_exchange',
  'rabbitmq_random_exchange',
  'rabbitmq_recent_history_exchange',
];

export interface Side {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts Leveret with the world of the tests. */
export async function startLeveret(): Promise<Side> {
  const broker: Broker = await startBroker({ ...WORLD, host: [HOST], port: 0 });
  return { host: HOST, port: Number(new URL(broker.url).port), stop: () => broker.stop() };
}

/** Starts a RabbitMQ with the same world. */
export async function startRabbitmq(): Promise<Side> {
  await makeRabbitmqReady();
  const broker = await RabbitmqBroker.create({
    plugins: PLUGINS,
    configuration: [
      `max_message_size = ${MAX_MESSAGE_BYTES}`,
      `handshake_timeout = ${HANDSHAKE_TIMEOUT_MS}`,
    ],
    definitions: worldDefinitions(),
  });
  await broker.start();
  return { host: HOST, port: broker.port, stop: () => broker.kill() };
}

/** A RabbitMQ that is running already. */
export function runningRabbitmq(url: URL): Side {
  return { host: url.hostname, port: Number(url.port || 5672), stop: async () => undefined };
}

/** WORLD's users, vhosts and permissions in RabbitMQ's export format. */
function worldDefinitions(): object {
  const users = WORLD.users ?? [];
  return {
    vhosts: [WORLD.vhosts ?? []].flat().map((name) => ({ name })),
    users: users.map(({ name, password, tags = [] }) => ({
      name,
      password_hash: hash(password),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags,
    })),
    permissions: users.flatMap(({ name, permissions = {} }) =>
      Object.entries(permissions).map(([vhost, patterns]) => ({ user: name, vhost, ...patterns })),
    ),
  };
}

/** As RabbitMQ keeps a password: base64(salt + SHA-256(salt + password)). */
function hash(password: string): string {
  const salt = randomBytes(4);
  const digest = createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, digest]).toString('base64');
}
