/** All scenarios by subject, in the order of the compatibility reference. */
import type { Subject } from '../scenario.ts';
import { connections } from './connections.ts';
import { consuming } from './consuming.ts';
import { directReplies } from './direct-replies.ts';
import { exchanges } from './exchanges.ts';
import { extensions } from './extensions.ts';
import { handshake } from './handshake.ts';
import { permissions } from './permissions.ts';
import { pluginExchanges } from './plugin-exchanges.ts';
import { publishing } from './publishing.ts';
import { queueRules } from './queue-rules.ts';
import { queues } from './queues.ts';
import { randomHistories } from './random-histories.ts';
import { randomRouting } from './random-routing.ts';
import { refusals } from './refusals.ts';
import { settling, transactions } from './settling.ts';

/** `seed` makes the random ones. */
export function subjects(seed: number): readonly Subject[] {
  return [
    handshake,
    connections,
    exchanges,
    queues,
    publishing,
    ...consuming,
    directReplies,
    settling,
    transactions,
    permissions,
    extensions,
    queueRules,
    pluginExchanges,
    ...refusals,
    randomRouting(seed),
    randomHistories(seed),
  ];
}
