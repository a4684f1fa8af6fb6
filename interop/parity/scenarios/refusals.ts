/**
 * Every refusal of the end-to-end tests (test/e2e/errors) as a parity scenario: what is sent is
 * taken from the test's row, what comes back is compared instead of being expected.
 */

import { queueArguments } from '../../../test/e2e/errors/arguments.ts';
import * as entities from '../../../test/e2e/errors/entities.ts';
import * as frames from '../../../test/e2e/errors/frames.ts';
import * as messages from '../../../test/e2e/errors/messages.ts';
import * as redeclared from '../../../test/e2e/errors/redeclared.ts';
import * as states from '../../../test/e2e/errors/states.ts';
import { type Case, call, type Row } from '../../../test/support/refusal.ts';
import { type Scenario, type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';

const TABLES: readonly [string, string, readonly Row[]][] = [
  ['missing', 'A3.1 A.4', entities.missing],
  ['unnamed', 'A3.2', entities.unnamed],
  ['reserved names', 'A3.4', entities.reserved],
  ['default exchange', 'A3.6', entities.defaultExchange],
  ['queues declared otherwise', 'A.4 A.5', redeclared.queues],
  ['queue arguments', 'A.4 A.5', queueArguments],
  ['exchanges declared otherwise', 'A.4', redeclared.exchanges],
  ['exchange types', 'A.4', redeclared.exchangeTypes],
  ['locked queues', 'A.4', redeclared.lockedQueues],
  ['in use', 'A.4', redeclared.inUse],
  ['refused publishes', 'A.4 A3.8', messages.published],
  ['settling what is not there', 'A.4 A7.6', messages.settled],
  ['modes of a channel', 'A.4 A.9', messages.modes],
  ['refused direct replies', 'A9.7', messages.replies],
  ['too large', 'A.4', messages.tooLarge],
  ['not implemented', 'A3.8', states.notImplemented],
  ['not open', 'A.4', states.notOpen],
  ['out of place', 'A.4', states.wrongPlace],
  ['refused consumers', 'A.4 A3.9', states.consumers],
  ['refused bindings', 'A.4', states.bindings],
  ['content out of order', 'A1.7', frames.content],
  ['malformed properties', 'A1.9', frames.malformedProperties],
  ['malformed frames', 'A1.7', frames.malformed],
  ['frames too large', 'A1.7', frames.tooLarge],
  ['malformed methods', 'A1.9 A.4', frames.methods],
];

export const refusals: readonly Subject[] = TABLES.map(([subject, shows, rows]) => ({
  subject,
  scenarios: rows.map((row) => fromRow(shows, row, subject === 'too large')),
}));

function fromRow(shows: string, { title, make }: Row, needsWorld: boolean): Scenario {
  const run = async (stage: Stage): Promise<void> => {
    const { q, x, y } = stage;
    const { elsewhere = [], given = [], when, client, ...rest } = make({ q, x, y });
    if (elsewhere.length > 0) {
      const other = await stage.channel();
      for (const step of elsewhere) await step.run(other.peer);
      await other.fence(1);
    }
    const speaker = await stage.channel(client);
    for (const step of given) await step.run(speaker.peer);
    when.send(speaker.peer);
    await outcome(speaker, rest);
  };
  return { ...scenario(shows, title, run), needsWorld };
}

/** Takes what the refusal brings, and shows what is left after it: a channel, or nothing. */
async function outcome(speaker: Speaker, { lingers }: Pick<Case, 'lingers'>): Promise<void> {
  const answer = await speaker.take(1);
  if (answer === undefined || answer.method.name === 'connection.close') {
    // RabbitMQ closes the socket only after three seconds, answered or not.
    if (!lingers) await speaker.ends();
    else speaker.leave();
  } else if (answer.method.name === 'channel.close') {
    await speaker.open(1);
    await call('exchange.declare', { exchange: 'amq.direct', passive: true }).run(speaker.peer);
  }
}
