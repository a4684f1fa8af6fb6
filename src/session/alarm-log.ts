/**
 * The lines that alarms leave in the log, worded as RabbitMQ's: people have watchers that wait for
 * them. Its nodes have names; the cluster's stands there.
 */
import type { AlarmEvent } from '../broker/events.ts';
import type { Log } from '../lib/log.ts';

const STARS = '*'.repeat(58);

export class AlarmLog {
  readonly #log: Log;
  readonly #node: string;

  constructor(log: Log, node: string) {
    this.#log = log;
    this.#node = node;
  }

  set(event: AlarmEvent): void {
    this.#log.info(figures(event, true));
    this.#log.warning(
      `${event.resource} resource limit alarm set on node ${this.#node}.\n` +
        `${STARS}\n*** Publishers will be blocked until this alarm clears ***\n${STARS}`,
    );
  }

  cleared(event: AlarmEvent): void {
    this.#log.info(figures(event, false));
    this.#log.warning(`${event.resource} resource limit alarm cleared on node ${this.#node}`);
  }
}

function figures(event: AlarmEvent, isShort: boolean): string {
  if (event.resource === 'memory') {
    const { usedBytes, limitBytes } = event;
    const state = isShort ? 'set' : 'clear';
    return `vm_memory_high_watermark ${state}. Memory used:${usedBytes} allowed:${limitBytes}`;
  }
  const { freeBytes, limitBytes } = event;
  const what = `Free bytes: ${freeBytes}. Limit: ${limitBytes}`;
  if (!isShort) return `Free disk space is sufficient. ${what}`;
  if (freeBytes < limitBytes) return `Free disk space is insufficient. ${what}`;
  return `A write to the disk did not fit. ${what}`;
}
