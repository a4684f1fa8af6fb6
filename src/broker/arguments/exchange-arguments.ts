import type { FieldTable } from '../../../protocol/table.ts';
import { checkNameArgument } from './subject.ts';

/**
 * Refuses arguments that a new exchange of any type cannot have.
 * @throws BrokerError precondition-failed
 */
export function checkExchangeArguments(vhost: string, exchange: string, args: FieldTable): void {
  checkNameArgument({ what: 'exchange', name: exchange, vhost }, 'alternate-exchange', args);
}
