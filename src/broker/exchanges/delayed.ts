/**
 * x-delayed-message: an exchange of another type (x-delayed-type) that hands a message on when its
 * x-delay is over (A.13, https://github.com/rabbitmq/rabbitmq-delayed-message-exchange).
 *
 * Responsible for telling what is delayed. Not responsible for keeping it (delays/).
 */
import type { FieldTable } from '../../../protocol/table.ts';
import { errors } from '../errors.ts';
import type { BindingIndex, ExchangeType } from '../exchange-type.ts';

const NAME = 'x-delayed-message';
const TYPE_ARGUMENT = 'x-delayed-type';

/** The type made of the others; `types` are those that may stand behind it. */
export function delayedType(types: ReadonlyMap<string, ExchangeType>): ExchangeType {
  const behind = (args: FieldTable): ExchangeType | undefined => {
    const field = args.get(TYPE_ARGUMENT);
    return field?.type === 'S' ? types.get(field.value.toString()) : undefined;
  };
  return {
    name: NAME,
    byKeyOnly: false,
    delaysMessages: true,

    checkArguments(args) {
      const type = behind(args);
      if (type !== undefined) {
        type.checkArguments?.(args);
        return;
      }
      throw errors.precondition(
        `Invalid argument, '${TYPE_ARGUMENT}' must be an existing exchange type`,
      );
    },

    checkBinding(args, routingKey, target, exchangeArgs, exchange) {
      behind(exchangeArgs)?.checkBinding?.(args, routingKey, target, exchangeArgs, exchange);
    },

    create(args, services): BindingIndex {
      const type = behind(args);
      if (type === undefined) throw errors.unknownExchangeType(NAME);
      return type.create(args, services);
    },
  };
}
