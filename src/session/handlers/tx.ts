/** Class tx (spec 1.9, A9.3). */
import type { Method } from '../../../protocol/spec.ts';
import { errors } from '../../broker/errors.ts';
import type { Channel } from '../channel.ts';
import { SessionError } from '../close.ts';
import { Transaction } from '../transaction.ts';

export function select(channel: Channel, _method: Method<'tx.select'>): void {
  if (channel.confirms !== null) throw errors.confirmToTx();
  channel.transaction ??= new Transaction(channel.connection.host.broker.memory);
  channel.send({ name: 'tx.select-ok' });
}

export function commit(channel: Channel, _method: Method<'tx.commit'>): void {
  const transaction = transactionOf(channel);
  const { store } = channel.connection.host.broker;
  const isKept = store.group(() => {
    transaction.enqueue(channel);
    transaction.recordSettlements();
  });
  const finish = () => {
    if (transaction.isRefused) {
      transaction.applySettlements(channel);
      throw errors.partialTransaction();
    }
    // The answer comes before the deliveries that the settlements make room for.
    channel.send({ name: 'tx.commit-ok' });
    transaction.applySettlements(channel);
  };
  if (isKept) whenSafe(channel, finish);
  else finish();
}

/** Goes on with `finish` once the store has what it was given. */
function whenSafe(channel: Channel, finish: () => void): void {
  let hasFailed = false;
  const begin = (done: () => void) => {
    const settle = (outcome: 'confirmed' | 'rejected') => {
      hasFailed = outcome === 'rejected';
      done();
    };
    channel.connection.host.broker.store.whenSafe({ settle });
  };
  const work = () => {
    if (hasFailed) throw new SessionError('INTERNAL_ERROR', 'the store has failed');
    finish();
  };
  channel.waitFor(begin, work, TX_COMMIT);
}

export function rollback(channel: Channel, _method: Method<'tx.rollback'>): void {
  transactionOf(channel).rollback(channel);
  channel.send({ name: 'tx.rollback-ok' });
}

/** Class and method id. */
const TX_COMMIT = (90 << 16) | 20;

function transactionOf(channel: Channel): Transaction {
  if (channel.transaction === null) throw errors.notTransactional();
  return channel.transaction;
}
