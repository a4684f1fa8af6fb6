/**
 * A binding, and what makes two bindings the same one.
 *
 * A binding is its source, destination, routing key and arguments; adding it twice adds nothing.
 * The identity is one string, built so that no two different bindings can share it whatever their
 * names contain. Not responsible for what a binding matches: `exchanges/` is.
 */

import type { FieldTable, FieldValue } from '../../protocol/table.ts';

/** What a binding leads to. Queue and Exchange satisfy it. */
export interface RoutingTarget {
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
}

export interface Binding {
  /** Name of the exchange that the binding belongs to. */
  readonly source: string;
  readonly destination: RoutingTarget;
  readonly routingKey: string;
  readonly arguments: FieldTable;
  /** Identity among the bindings of one source. */
  readonly key: string;
}

/**
 * Field type letters that are one type to RabbitMQ: it reads the unsigned 64-bit `L` as a signed
 * `l`.
 */
const typeClass = (type: FieldValue['type']): string => (type === 'L' ? 'l' : type);

/** Length first, so that nothing inside `text` can be taken for what follows it. */
const counted = (text: string): string => `${text.length}:${text}`;

/**
 * A field value as a string: the same for two values exactly when type and value are the same. The
 * entries of a nested table count in the order they came, as in RabbitMQ.
 */
export function canonicalValue(field: FieldValue): string {
  const type = typeClass(field.type);
  switch (field.type) {
    case 'S':
      return typeof field.value === 'string'
        ? type + counted(field.value)
        : `S!${counted(field.value.toString('latin1'))}`;
    case 'x':
      return type + counted(field.value.toString('latin1'));
    case 'D':
      return `${type}${field.value.scale},${field.value.value};`;
    case 'A':
      return `${type}${field.value.length}[${field.value.map(canonicalValue).join('')}`;
    case 'F':
      return `${type}${canonicalEntries([...field.value])}`;
    case 'V':
      return type;
    default:
      return `${type}${field.value};`;
  }
}

function canonicalEntries(entries: readonly (readonly [string, FieldValue])[]): string {
  const parts = entries.map(([name, value]) => counted(name) + canonicalValue(value));
  return `${parts.length}{${parts.join('')}`;
}

/** An argument table as a string; the order of its entries does not count. */
export function canonicalTable(table: FieldTable): string {
  const entries = [...table];
  return canonicalEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** The identity of a binding among those of its source exchange. */
export function bindingKey(
  destination: RoutingTarget,
  routingKey: string,
  args: FieldTable,
): string {
  const kind = destination.kind === 'queue' ? 'q' : 'e';
  const path = kind + counted(destination.name) + counted(routingKey);
  return args.size === 0 ? path : path + canonicalTable(args);
}

/** Makes the binding of an exchange named `source` to `destination`. */
export function makeBinding(
  source: string,
  destination: RoutingTarget,
  routingKey: string,
  args: FieldTable,
): Binding {
  const key = bindingKey(destination, routingKey, args);
  return { source, destination, routingKey, arguments: args, key };
}
