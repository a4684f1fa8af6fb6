import { expect } from 'chai';
import { BrokerError, errors } from '../../../src/broker/errors.ts';

// Texts as RabbitMQ 3.13 has them (docs/compatibility.md, A.4).
const TEXTS: readonly (readonly [BrokerError, kind: string, text: string])[] = [
  [errors.noQueue('q', 'v'), 'not-found', "no queue 'q' in vhost 'v'"],
  [errors.noExchange('x', 'v'), 'not-found', "no exchange 'x' in vhost 'v'"],
  [errors.noPreviousQueue(), 'not-found', 'no previously declared queue'],
  [
    errors.accessRefused('write', 'exchange', 'amq.default', 'v', 'u'),
    'access-refused',
    "write access to exchange 'amq.default' in vhost 'v' refused for user 'u'",
  ],
  [
    errors.accessRefused('configure', 'queue', 'q', 'v', 'u'),
    'access-refused',
    "configure access to queue 'q' in vhost 'v' refused for user 'u'",
  ],
  [errors.defaultExchange(), 'access-refused', 'operation not permitted on the default exchange'],
  [errors.unknownDeliveryTag(7), 'precondition-failed', 'unknown delivery tag 7'],
  [
    errors.unknownDeliveryTag(2n ** 64n - 1n),
    'precondition-failed',
    'unknown delivery tag 18446744073709551615',
  ],
  [errors.unknownExchangeType(''), 'precondition-failed', "invalid exchange type ''"],
  [
    errors.messageTooLarge(11, 10),
    'precondition-failed',
    'message size 11 is larger than configured max size 10',
  ],
  [errors.confirmToTx(), 'precondition-failed', 'cannot switch from confirm to tx mode'],
  [errors.txToConfirm(), 'precondition-failed', 'cannot switch from tx to confirm mode'],
  [errors.notTransactional(), 'precondition-failed', 'channel is not transactional'],
  [errors.replyConsumerExists(), 'precondition-failed', 'reply consumer already set'],
  [errors.replyConsumerAcks(), 'precondition-failed', 'reply consumer cannot acknowledge'],
  [errors.consumerTagReuse('t'), 'not-allowed', "attempt to reuse consumer tag 't'"],
  [errors.consumerLimit(3), 'not-allowed', 'reached maximum (3) of consumers per channel'],
  [errors.notImplemented('this'), 'not-implemented', 'this'],
];

describe('the catalogue of refusals', () => {
  for (const [error, kind, text] of TEXTS) {
    it(`says ${text}`, () => {
      expect(error).to.be.instanceOf(BrokerError);
      expect(error).to.include({ name: 'BrokerError', kind, message: text });
    });
  }
});
