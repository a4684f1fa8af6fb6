/**
 * x-jms-topic: a message goes to the bindings whose selector is true of its headers; the routing
 * key does not count (A6.8,
 * https://github.com/rabbitmq/rabbitmq-server/tree/main/deps/rabbitmq_jms_topic_exchange).
 *
 * A binding says it as RabbitMQ's JMS client does, as a compiled Erlang term in
 * `rjms_erlang_selector`, or as text in `rjms_selector`, which is ours.
 */
import type { FieldTable } from '../../../protocol/table.ts';
import type { Binding, RoutingTarget } from '../binding.ts';
import { formatString } from '../erlang-terms.ts';
import { errors } from '../errors.ts';
import type { BindingIndex, ExchangeType, RoutedMessage } from '../exchange-type.ts';
import { textIn } from '../fields.ts';
import { parseCompiled } from '../selectors/compiled.ts';
import { headerValue } from '../selectors/message-fields.ts';
import type { Expression } from '../selectors/operators.ts';
import { SelectorError, selects } from '../selectors/selector.ts';
import { parseSelector } from '../selectors/sql.ts';

const COMPILED_ARGUMENT = 'rjms_erlang_selector';
const TEXT_ARGUMENT = 'rjms_selector';

class JmsTopicIndex implements BindingIndex {
  readonly #selectors = new Map<string, { selector: Expression; destination: RoutingTarget }>();

  add(binding: Binding): void {
    const { key, destination } = binding;
    this.#selectors.set(key, { selector: selectorIn(binding.arguments), destination });
  }

  remove({ key }: Binding): void {
    this.#selectors.delete(key);
  }

  match(_routingKey: string, headers: FieldTable | undefined, found: RoutingTarget[]): void {
    const fields = (name: string) => headerValue(headers, name);
    for (const { selector, destination } of this.#selectors.values()) {
      if (selects(selector, fields)) found.push(destination);
    }
  }

  select({ headers }: RoutedMessage, found: RoutingTarget[]): void {
    this.match('', headers, found);
  }
}

/** @throws SelectorError when there is none, or one that cannot be understood */
function selectorIn(args: FieldTable): Expression {
  const compiled = textIn(args, COMPILED_ARGUMENT);
  if (compiled !== undefined) return parseCompiled(compiled);
  const text = textIn(args, TEXT_ARGUMENT);
  if (text === undefined) throw new SelectorError(`no ${COMPILED_ARGUMENT}`);
  return parseSelector(text);
}

export const jmsTopic: ExchangeType = {
  name: 'x-jms-topic',
  byKeyOnly: false,

  checkBinding(args, _routingKey, target, _exchangeArgs, exchange) {
    try {
      selectorIn(args);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      const text = textIn(args, COMPILED_ARGUMENT) ?? textIn(args, TEXT_ARGUMENT);
      const shown = text === undefined ? 'error' : formatString(text);
      throw errors.precondition(
        `cannot parse selector '${shown}' binding destination '${target.name}' ` +
          `to exchange '${exchange}'`,
      );
    }
  },

  create: () => new JmsTopicIndex(),
};
