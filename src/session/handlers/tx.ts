/** Class tx (spec 1.9, A9.3). */
import type { Method } from '../../../protocol/spec.ts';
import { errors } from '../../broker/errors.ts';
import type { Channel } from '../channel.ts';
import { Transaction } from '../transaction.ts';

export function select(channel: Channel, _method: Method<'tx.select'>): void {
  if (channel.confirms !== null) throw errors.confirmToTx();
  channel.transaction ??= new Transaction(channel.connection.host.broker.memory);
  channel.send({ name: 'tx.select-ok' });
}

export function commit(channel: Channel, _method: Method<'tx.commit'>): void {
  const transaction = transactionOf(channel);
  transaction.enqueue(channel);
  // The answer comes before the deliveries that the settlements make room for.
  channel.send({ name: 'tx.commit-ok' });
  transaction.applySettlements(channel);
}

export function rollback(channel: Channel, _method: Method<'tx.rollback'>): void {
  transactionOf(channel).rollback(channel);
  channel.send({ name: 'tx.rollback-ok' });
}

function transactionOf(channel: Channel): Transaction {
  if (channel.transaction === null) throw errors.notTransactional();
  return channel.transaction;
}
