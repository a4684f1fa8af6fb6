/** Where a message waits at an exchange that delays, when it asks for it. */
import type { Clock } from '../../lib/clock.ts';
import type { Message } from '../message.ts';
import type { PublishToken } from '../queue.ts';
import type { DelayFor } from '../routing.ts';
import type { Delays } from './delays.ts';
import { dueAtMs } from './headers.ts';

export function delayGate(clock: Clock, delays: Delays): DelayFor {
  return ({ name }, { headers, message }) => {
    if (message === undefined) return null;
    const dueAt = dueAtMs(headers, clock.now());
    if (dueAt === null) return null;
    const target = { kind: 'exchange', name } as const;
    return {
      kind: 'queue' as const,
      name,
      isAside: true,
      publish: (each: Message, token: PublishToken | null) =>
        delays.schedule(each, dueAt, target, token),
    };
  };
}
