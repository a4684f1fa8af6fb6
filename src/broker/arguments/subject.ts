import { FIELD_TYPE_NAMES, type FieldTable } from '../../../protocol/table.ts';
import { errors } from '../errors.ts';

/** What is declared, for the texts. */
export interface Subject {
  readonly what: 'queue' | 'exchange';
  readonly name: string;
  readonly vhost: string;
}

/** A name that must be a text, and is looked at before anything else. */
export function checkNameArgument(subject: Subject, argument: string, args: FieldTable): void {
  const field = args.get(argument);
  if (field === undefined || field.type === 'S') return;
  const { what, name, vhost } = subject;
  throw errors.argumentType(FIELD_TYPE_NAMES[field.type], argument, what, name, vhost);
}
