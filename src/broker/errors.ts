/**
 * The broker's refusals: one named kind and one text each.
 *
 * Responsible for the wording that clients see after `CONST - `, which is RabbitMQ's to the letter
 * (docs/compatibility.md, section A.4). Not responsible for reply codes or for what gets closed:
 * `session/close.ts` maps a kind to those, in one place.
 */

/** What went wrong, in the broker's own terms. */
export type BrokerErrorKind =
  | 'access-refused'
  | 'not-found'
  | 'resource-locked'
  | 'precondition-failed'
  | 'not-allowed'
  | 'not-implemented'
  | 'internal-error';

/** A refused operation. `message` is the explanation that follows `CONST - ` on the wire. */
export class BrokerError extends Error {
  readonly kind: BrokerErrorKind;

  constructor(kind: BrokerErrorKind, explanation: string) {
    super(explanation);
    this.name = 'BrokerError';
    this.kind = kind;
  }
}

const precondition = (text: string) => new BrokerError('precondition-failed', text);
const notAllowed = (text: string) => new BrokerError('not-allowed', text);
const refused = (text: string) => new BrokerError('access-refused', text);

export const errors = {
  /** For a text that belongs to one type of exchange alone. */
  precondition,
  noQueue: (queue: string, vhost: string) =>
    new BrokerError('not-found', `no queue '${queue}' in vhost '${vhost}'`),
  noExchange: (exchange: string, vhost: string) =>
    new BrokerError('not-found', `no exchange '${exchange}' in vhost '${vhost}'`),
  noPreviousQueue: () => new BrokerError('not-found', 'no previously declared queue'),
  lockedQueue: (queue: string, vhost: string) =>
    new BrokerError(
      'resource-locked',
      `cannot obtain exclusive access to locked queue '${queue}' in vhost '${vhost}'. ` +
        'It could be originally declared on another connection or the exclusive property value ' +
        'does not match that of the original declaration.',
    ),
  exclusiveUse: (queue: string, vhost: string) =>
    refused(`queue '${queue}' in vhost '${vhost}' in exclusive use`),
  reservedName: (what: 'queue' | 'exchange', name: string) =>
    refused(`${what} name '${name}' contains reserved prefix 'amq.*'`),
  defaultExchange: () => refused('operation not permitted on the default exchange'),
  systemExchange: (exchange: string, vhost: string) =>
    refused(`deletion of system exchange '${exchange}' in vhost '${vhost}' not allowed`),
  internalExchange: (exchange: string, vhost: string) =>
    refused(`cannot publish to internal exchange '${exchange}' in vhost '${vhost}'`),
  accessRefused: (
    action: 'configure' | 'write' | 'read',
    what: 'queue' | 'exchange',
    name: string,
    vhost: string,
    user: string,
  ) =>
    refused(`${action} access to ${what} '${name}' in vhost '${vhost}' refused for user '${user}'`),
  queueInUse: (queue: string, vhost: string) =>
    precondition(`queue '${queue}' in vhost '${vhost}' in use`),
  queueNotEmpty: (queue: string, vhost: string) =>
    precondition(`queue '${queue}' in vhost '${vhost}' not empty`),
  exchangeInUse: (exchange: string, vhost: string) =>
    precondition(`exchange '${exchange}' in vhost '${vhost}' in use`),
  unknownDeliveryTag: (tag: number | bigint) => precondition(`unknown delivery tag ${tag}`),
  /** 3.13.3 and later close the channel; before that, the connection (503). */
  unknownExchangeType: (type: string) =>
    precondition(`${type === '' ? 'invalid' : 'unknown'} exchange type '${type}'`),
  invalidExpiration: (value: string, reason: string) =>
    precondition(`invalid expiration '${value}': ${reason}`),
  userIdMismatch: (claimed: string, actual: string) =>
    precondition(`user_id property set to '${claimed}' but authenticated user was '${actual}'`),
  messageTooLarge: (bytes: number, maximum: number) =>
    precondition(`message size ${bytes} is larger than configured max size ${maximum}`),
  senderSelectedType: (header: 'CC' | 'BCC', type: string) =>
    precondition(`invalid message: {unacceptable_type_in_header,"${header}",${type}}`),
  confirmToTx: () => precondition('cannot switch from confirm to tx mode'),
  txToConfirm: () => precondition('cannot switch from tx to confirm mode'),
  partialTransaction: () => precondition('partial tx completion'),
  notTransactional: () => precondition('channel is not transactional'),
  replyConsumerMissing: () => precondition('fast reply consumer does not exist'),
  replyConsumerExists: () => precondition('reply consumer already set'),
  replyConsumerAcks: () => precondition('reply consumer cannot acknowledge'),
  consumerTagReuse: (tag: string) => notAllowed(`attempt to reuse consumer tag '${tag}'`),
  consumerLimit: (limit: number) =>
    notAllowed(`reached maximum (${limit}) of consumers per channel`),
  notImplemented: (what: string) => new BrokerError('not-implemented', what),
  xMatchValue: (value: string) =>
    precondition(
      `Invalid x-match field value ${value}; expected all, any, all-with-x, or any-with-x`,
    ),
  xMatchType: (type: string, value: string) =>
    precondition(`Invalid x-match field type ${type} (value ${value}); expected longstr`),
  inequivalent: (
    argument: string,
    what: 'queue' | 'exchange',
    name: string,
    vhost: string,
    received: string,
    current: string,
  ) =>
    precondition(
      `inequivalent arg '${argument}' for ${what} '${name}' in vhost '${vhost}': ` +
        `received ${received} but current is ${current}`,
    ),
  invalidArgument: (argument: string, queue: string, vhost: string, reason: string) =>
    precondition(`invalid arg '${argument}' for queue '${queue}' in vhost '${vhost}': ${reason}`),
  foreignArgument: (argument: string, queue: string, vhost: string, type = 'classic') =>
    precondition(
      `invalid arg '${argument}' for queue '${queue}' in vhost '${vhost}' ` +
        `of queue type rabbit_${type}_queue`,
    ),
  ackTimeout: (channel: number, timeoutMs: number) =>
    precondition(
      `delivery acknowledgement on channel ${channel} timed out. ` +
        `Timeout value used: ${timeoutMs} ms. ` +
        'This timeout value can be configured, see consumers doc guide to learn more',
    ),
  transientQueue: () =>
    new BrokerError(
      'internal-error',
      'Feature `transient_nonexcl_queues` is deprecated.\n' +
        'By default, this feature is not permitted anymore.',
    ),
  invalidProperty: (property: string, queue: string, vhost: string) =>
    precondition(`invalid property '${property}' for queue '${queue}' in vhost '${vhost}'`),
  serverNamed: (type: string) =>
    precondition(`Cannot declare a server-named queue for type rabbit_${type}_queue`),
  quorumDelete: (queue: string, vhost: string, flag: 'if-unused' | 'if-empty') =>
    new BrokerError(
      'not-implemented',
      `cannot delete queue '${queue}' in vhost '${vhost}'. ` +
        `queue.delete operations with ${flag} flag set are not supported by quorum queues`,
    ),
  noGlobalPrefetch: (queue: string, vhost: string) =>
    new BrokerError(
      'not-implemented',
      `queue '${queue}' in vhost '${vhost}' does not support global qos`,
    ),
  singleActiveGet: (queue: string, vhost: string) =>
    new BrokerError(
      'resource-locked',
      `cannot obtain access to locked queue '${queue}' in vhost '${vhost}'. basic.get operations ` +
        'are not supported by quorum queues with single active consumer',
    ),
  groupedGet: (queue: string, vhost: string) =>
    new BrokerError(
      'resource-locked',
      `cannot obtain access to locked queue '${queue}' in vhost '${vhost}'. basic.get operations ` +
        'are not supported by queues with x-group-key',
    ),
  argumentType: (
    type: string,
    argument: string,
    what: 'queue' | 'exchange',
    name: string,
    vhost: string,
  ) =>
    precondition(
      `invalid type '${type}' for arg '${argument}' in ${what} '${name}' in vhost '${vhost}'`,
    ),
};
