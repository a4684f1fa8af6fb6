/**
 * Runs the shared scenarios with the Node client named on the command line. The broker's URL comes
 * in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
 */
import { amqpClient } from './adapters/amqp-client.ts';
import { amqpConnectionManager } from './adapters/amqp-connection-manager.ts';
import { amqplibClient } from './adapters/amqplib.ts';
import { rabbitmqClient } from './adapters/rabbitmq-client.ts';
import { rascalClient } from './adapters/rascal.ts';
import { runScenarios } from './harness.ts';
import { connecting } from './scenarios/connecting.ts';
import { consuming } from './scenarios/consuming.ts';
import { content } from './scenarios/content.ts';
import { extensions } from './scenarios/extensions.ts';
import { failing } from './scenarios/failing.ts';
import { publishing } from './scenarios/publishing.ts';
import { recovering } from './scenarios/recovering.ts';
import { routing } from './scenarios/routing.ts';

const clients = [amqplibClient, amqpConnectionManager, rabbitmqClient, amqpClient, rascalClient];
const wanted = process.argv[2];
const client = clients.find((candidate) => candidate.name === wanted);
if (client === undefined) {
  process.stderr.write(
    `no such client: ${wanted}; have ${clients.map((c) => c.name).join(', ')}\n`,
  );
  process.exit(2);
}

const failures = await runScenarios(client, {
  ...connecting,
  ...routing,
  ...publishing,
  ...consuming,
  ...content,
  ...failing,
  ...recovering,
  ...extensions,
});
// A client may keep sockets and timers of connections that a failed scenario left: end here.
process.exit(failures === 0 ? 0 : 1);
