/** What distinguishes the types of queues that live on one node and hand each message out once. */
export interface LocalQueueType {
  /** As in x-queue-type. */
  readonly name: 'classic' | 'quorum';
  /** Whether every message is kept over a restart, whatever its delivery mode. */
  readonly keepsAll: boolean;
  /** Whether returns are counted, and shown, without a limit on them (A8.7). */
  readonly countsReturns: boolean;
  /** Whether basic.get tells of no returns, too: a count of 0. */
  readonly tellsNoReturns: boolean;
  /** How often a message may come back when nobody says; null for any number of times. */
  readonly deliveryLimit: number | null;
  /** Whether what comes back is served in the order of its return, not of its first place. */
  readonly returnsInTurn: boolean;
  /** Whether a single active consumer makes way for one of higher priority. */
  readonly yieldsToPriority: boolean;
}
