/** What is looked at after every restart, before the clients work: numbers and definitions. */

import { checkDefinitions } from './definitions/checks.ts';
import type { Definer } from './definitions/definer.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { QueueLedger } from './ledger/queue-ledger.ts';
import type { Link } from './link.ts';
import type { Markers } from './markers.ts';
import type { Violations } from './violations.ts';

export async function checkRestart(
  link: Link,
  ledger: Ledger,
  markers: Markers,
  definers: readonly Definer[],
  violations: Violations,
): Promise<void> {
  ledger.restarts.counted(await countAll(link, ledger));
  const channel = await link.channel();
  await markers.startRound(channel);
  await channel.close();
  for (const definer of definers) await checkDefinitions(link, definer, markers, violations);
}

/** Ready messages of every queue of the ledger. */
export async function countAll(link: Link, ledger: Ledger): Promise<Map<QueueLedger, number>> {
  const counts = new Map<QueueLedger, number>();
  for (const queue of ledger.queues.values()) {
    const answer = await link.look((channel) => channel.checkQueue(queue.name));
    if (answer !== null) counts.set(queue, answer.messageCount);
    else if (queue.mayBeMissing) ledger.restarts.deleted(queue);
    else ledger.violation(`queue ${queue.name} is missing`, 'lost');
  }
  return counts;
}
