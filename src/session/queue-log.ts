/**
 * The lines that queues leave in the log: what somebody has to know who wonders where messages are.
 */
import type { BrokerEvents } from '../broker/events.ts';
import type { Emitter } from '../lib/emitter.ts';
import type { Log } from '../lib/log.ts';

/** Writes them from now on. */
export function logQueues(events: Emitter<BrokerEvents>, log: Log): void {
  events.on('queue.lookahead.full', ({ vhost, name }) =>
    log.warning(
      `queue '${name}' in vhost '${vhost}': too many messages wait for other consumers; ` +
        'those behind them are not looked at until some are gone',
    ),
  );
  // As RabbitMQ words it; there, too, the virtual host is not named.
  events.on('queue.deadletter.cycle', ({ queues }) => {
    const names = queues.map((name) => `<<"${name}">>`).join(',');
    log.warning(
      `Message dropped. Dead-letter queues cycle detected: [${names}]\n` +
        'This cycle will NOT be reported again.',
    );
  });
}
