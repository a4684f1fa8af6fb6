/**
 * The keys of policies: what each accepts, whether an operator policy may have it, and RabbitMQ's
 * words for what it may not be (B.2, https://www.rabbitmq.com/docs/policies).
 *
 * Responsible for values alone. What a key does is in settings.ts and in the queues.
 */

interface PolicyKey {
  /** Whether the value is accepted. */
  accepts(value: unknown): boolean;
  /** What it is called when it is refused. */
  readonly called: string;
  readonly operator: boolean;
}

const atLeast = (least: number) => (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= least;
const text = (value: unknown) => typeof value === 'string';
const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const maxAge = (value: unknown) => typeof value === 'string' && /^[1-9]\d*[YMDhms]$/.test(value);
const truth = (value: unknown) => typeof value === 'boolean';
const list = (value: unknown) => Array.isArray(value) && value.every(text);

const key = (accepts: PolicyKey['accepts'], called: string): PolicyKey => ({
  accepts,
  called,
  operator: false,
});
const operatorKey = (accepts: PolicyKey['accepts'], called: string): PolicyKey => ({
  accepts,
  called,
  operator: true,
});

export const POLICY_KEYS: ReadonlyMap<string, PolicyKey> = new Map([
  ['alternate-exchange', key(text, 'alternate exchange name')],
  ['consumer-timeout', key(atLeast(0), 'consumer timeout')],
  ['dead-letter-exchange', key(text, 'dead letter exchange name')],
  ['dead-letter-routing-key', key(text, 'dead letter routing key')],
  ['dead-letter-strategy', key(oneOf('at-most-once', 'at-least-once'), 'dead letter strategy')],
  ['message-ttl', operatorKey(atLeast(0), 'message TTL')],
  ['expires', operatorKey(atLeast(1), 'queue expiry')],
  ['max-length', operatorKey(atLeast(0), 'maximum length')],
  ['max-length-bytes', operatorKey(atLeast(0), 'maximum length in bytes')],
  ['max-in-memory-length', operatorKey(atLeast(0), 'maximum memory in bytes')],
  ['max-in-memory-bytes', operatorKey(atLeast(0), 'maximum memory in bytes')],
  ['queue-mode', key(oneOf('default', 'lazy'), 'queue mode value')],
  ['queue-version', operatorKey(oneOf(1, 2), 'queue version')],
  [
    'overflow',
    operatorKey(oneOf('drop-head', 'reject-publish', 'reject-publish-dlx'), 'overflow value'),
  ],
  ['delivery-limit', operatorKey(atLeast(-1), 'delivery limit')],
  ['max-age', key(maxAge, 'max age')],
  ['stream-max-segment-size-bytes', key(atLeast(1), 'segment size')],
  ['stream-filter-size-bytes', key(atLeast(16), 'filter size')],
  [
    'queue-leader-locator',
    key(oneOf('client-local', 'balanced', 'random', 'least-leaders'), 'queue leader locator value'),
  ],
  ['initial-cluster-size', key(atLeast(1), 'cluster size')],
  ['target-group-size', operatorKey(atLeast(1), 'target count')],
  ['federation-upstream', key(text, 'federation upstream name')],
  ['federation-upstream-set', key(text, 'federation upstream set name')],
  ['federation-upstream-pattern', key(text, 'federation upstream pattern')],
  ['ha-mode', key(oneOf('all', 'exactly', 'nodes'), 'ha-mode value')],
  ['ha-params', key((value) => atLeast(1)(value) || list(value), 'ha-params value')],
  ['ha-sync-mode', key(oneOf('manual', 'automatic'), 'ha-sync-mode value')],
  ['ha-sync-batch-size', key(atLeast(1), 'ha-sync-batch-size value')],
  ['ha-promote-on-shutdown', key(oneOf('always', 'when-synced'), 'ha-promote-on-shutdown value')],
  ['ha-promote-on-failure', key(oneOf('always', 'when-synced'), 'ha-promote-on-failure value')],
  ['shards-per-node', key(atLeast(0), 'number of shards per node')],
  ['routing-key', key(text, 'routing key')],
  // Ours: messages say when they are due, on any exchange.
  ['delayed', key(truth, 'value of delayed')],
]);
