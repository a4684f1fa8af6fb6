/**
 * Which resources are short: memory, disk.
 *
 * Responsible for combining: a resource may be short for several causes at a time, and its alarm
 * clears once the last of them is gone. Not responsible for finding out (memory.ts,
 * disk-monitor.ts, a store whose write did not fit) or for what follows (session).
 */

/** In the order in which RabbitMQ names them. */
export const RESOURCES = ['disk', 'memory'] as const;
export type Resource = (typeof RESOURCES)[number];

/** `limit`: less is left than is to be kept free; `full`: a write did not fit. */
export type AlarmCause = 'limit' | 'full';

export class Alarms {
  /** Whether publishers are to be held back: the one thing that is asked for every message. */
  isUp = false;
  readonly #causes: Readonly<Record<Resource, Set<AlarmCause>>> = {
    disk: new Set(),
    memory: new Set(),
  };
  readonly #onChange: (resource: Resource, raised: boolean) => void;

  /** `onChange` is told of a resource's first cause and of the end of its last. */
  constructor(onChange: (resource: Resource, raised: boolean) => void) {
    this.#onChange = onChange;
  }

  raise(resource: Resource, cause: AlarmCause): void {
    const causes = this.#causes[resource];
    const isNew = causes.size === 0;
    causes.add(cause);
    this.isUp = true;
    if (isNew) this.#onChange(resource, true);
  }

  /** A cause that was not raised is fine. */
  clear(resource: Resource, cause: AlarmCause): void {
    const causes = this.#causes[resource];
    if (!causes.delete(cause) || causes.size !== 0) return;
    this.isUp = RESOURCES.some((each) => this.isRaised(each));
    this.#onChange(resource, false);
  }

  isRaised(resource: Resource): boolean {
    return this.#causes[resource].size !== 0;
  }

  /** What a client that is blocked now is told (A10.1), such as `low on disk & memory`. */
  get reason(): string {
    return `low on ${RESOURCES.filter((each) => this.isRaised(each)).join(' & ')}`;
  }
}
