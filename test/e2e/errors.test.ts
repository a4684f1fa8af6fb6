// Every refusal that a client can cause once it is connected, with its exact code, text, class
// and method id, and whether it costs the channel or the connection. The rows are data, in
// errors/, by subject. Refusals during the handshake are in handshake-refusals.test.ts.
import { type Row, refuse } from '../support/refusal.ts';
import { needsWorld, useTarget } from '../support/target.ts';
import { queueArguments } from './errors/arguments.ts';
import * as entities from './errors/entities.ts';
import * as frames from './errors/frames.ts';
import * as messages from './errors/messages.ts';
import * as redeclared from './errors/redeclared.ts';
import * as states from './errors/states.ts';

function check(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    const target = useTarget();
    for (const each of rows) it(each.title, () => refuse(target, each));
  });
}

describe('refusals', () => {
  check('what does not exist', entities.missing);
  check('no queue declared on the channel yet', entities.unnamed);
  check('reserved names', entities.reserved);
  check('the default exchange', entities.defaultExchange);
  check('a queue declared otherwise', redeclared.queues);
  check('arguments of a queue', queueArguments);
  check('an exchange declared otherwise', redeclared.exchanges);
  check('an exchange type', redeclared.exchangeTypes);
  check('an exclusive queue', redeclared.lockedQueues);
  check('in use', redeclared.inUse);
  check('publishing', messages.published);
  check('settling what is not there', messages.settled);
  check('confirms and transactions', messages.modes);
  check('direct reply-to', messages.replies);
  check('what is not implemented', states.notImplemented);
  check('a channel that is not open', states.notOpen);
  check('out of place', states.wrongPlace);
  check('consumers', states.consumers);
  check('bindings', states.bindings);
  check('content out of order', frames.content);
  check('malformed properties', frames.malformedProperties);
  check('malformed frames', frames.malformed);
  check('frames too large', frames.tooLarge);
  check('malformed methods', frames.methods);
});

describe('refusals with limits', () => {
  needsWorld();
  check('a message too large', messages.tooLarge);
});
