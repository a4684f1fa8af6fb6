/** Scenarios of opening a connection, and of being refused. */
import assert from 'node:assert/strict';
import { type Context, type Scenarios, Skip } from '../harness.ts';

const CAPABILITIES = [
  'publisher_confirms',
  'exchange_exchange_bindings',
  'basic.nack',
  'consumer_cancel_notify',
  'connection.blocked',
  'consumer_priorities',
  'authentication_failure_close',
  'per_consumer_qos',
  'direct_reply_to',
];

export const connecting: Scenarios = {
  'connect-default-vhost': (context) => connectsTo(context, context.url),

  'connect-encoded-vhost': (context) => connectsTo(context, `${context.url}/%2F`),

  async 'connect-missing-vhost'({ client, url }) {
    const error = await refusal(() => client.connect(`${url}/no-such-vhost`));
    assert.match(reported(error), client.missingVhost);
  },

  async 'connect-wrong-password'({ client, url }) {
    const wrong = new URL(url);
    wrong.password = 'not-the-password';
    const error = await refusal(() => client.connect(wrong.toString()));
    assert.match(reported(error), /ACCESS_REFUSED/);
    assert.match(
      reported(error),
      /Login was refused using authentication mechanism PLAIN\. For details see the broker/,
    );
  },

  async 'server-properties'({ connect }) {
    const { serverProperties } = await connect();
    if (serverProperties === undefined) throw new Skip('the client does not show them');
    assert.equal(serverProperties['product'], 'RabbitMQ');
    assert.match(String(serverProperties['version']), /^\d+\.\d+\.\d+/);
    for (const key of ['platform', 'copyright', 'information', 'cluster_name']) {
      assert.equal(typeof serverProperties[key], 'string', key);
    }
    const capabilities = serverProperties['capabilities'] as Record<string, unknown>;
    assert.deepEqual(
      { ...capabilities },
      Object.fromEntries(CAPABILITIES.map((capability) => [capability, true])),
    );
  },
};

/** Connects and does one round trip in vhost /, where the error text shows which vhost it is. */
async function connectsTo({ client, name, after }: Context, url: string): Promise<void> {
  const link = await client.connect(url);
  after(() => link.close());
  const channel = await link.channel();
  await assert.rejects(channel.declareQueue(name, { passive: true }), /in vhost '\/'/);
}

async function refusal(attempt: () => Promise<{ close(): Promise<void> }>): Promise<unknown> {
  try {
    const link = await attempt();
    await link.close();
  } catch (error) {
    return error;
  }
  throw new Error('the broker let it in');
}

/** Clients put the reply code's name in the message or in `code`. */
function reported(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return `${code ?? ''} ${message}`;
}
