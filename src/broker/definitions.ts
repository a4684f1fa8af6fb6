/** What is asked for when something is declared: the same for AMQP, HTTP, files and recovery. */
import type { FieldTable } from '../../protocol/table.ts';

/** A queue to declare; an empty name asks for a generated one. */
export interface QueueDefinition {
  readonly name: string;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
}

/** A binding from an exchange to a queue or to another exchange. */
export interface BindingDefinition {
  readonly source: string;
  readonly kind: 'queue' | 'exchange';
  readonly destination: string;
  readonly routingKey: string;
  readonly arguments: FieldTable;
}
