/** What definitions say about a virtual host beside its name, and what follows from it. */
import type { QueueDefinition } from './definitions.ts';

/** What is said about a virtual host; `defaultQueueType` is that of queues that ask for none. */
export interface VhostMetadata {
  readonly description: string;
  readonly tags: readonly string[];
  readonly defaultQueueType: string | undefined;
}

export const NO_METADATA: VhostMetadata = Object.freeze({
  description: '',
  tags: [],
  defaultQueueType: undefined,
});

/** The queue as its virtual host makes it: a default of quorum is for queues that may be such. */
export function withDefaultType(
  asked: QueueDefinition,
  { defaultQueueType }: VhostMetadata,
): QueueDefinition {
  if (defaultQueueType === undefined || defaultQueueType === 'classic') return asked;
  const { arguments: args, durable, exclusive, autoDelete } = asked;
  if (args.has('x-queue-type') || !durable || exclusive || autoDelete) return asked;
  const type = ['x-queue-type', { type: 'S', value: defaultQueueType }] as const;
  return { ...asked, arguments: new Map([...args, type]) };
}
