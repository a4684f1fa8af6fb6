/** What definitions say about a virtual host beside its name. */

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
