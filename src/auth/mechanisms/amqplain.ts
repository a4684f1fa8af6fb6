/**
 * AMQPLAIN: a field table, without its length, that holds LOGIN and PASSWORD as texts.
 */

import { ProtocolError } from '../../../protocol/errors.ts';
import { decodeTable, type FieldTable } from '../../../protocol/table.ts';
import type { Mechanism } from './mechanism.ts';

const LENGTH_BYTES = 4;

function tableOf(response: Buffer): FieldTable | undefined {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + response.length);
  bytes.writeUInt32BE(response.length);
  response.copy(bytes, LENGTH_BYTES);
  try {
    return decodeTable(bytes, 0, bytes.length).table;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function textIn(table: FieldTable, name: string): string | undefined {
  const field = table.get(name);
  return field?.type === 'S' || field?.type === 'x' ? field.value.toString() : undefined;
}

export const amqplain: Mechanism = (response) => {
  const table = tableOf(response);
  if (table === undefined) return 'malformed';
  const user = textIn(table, 'LOGIN');
  const password = textIn(table, 'PASSWORD');
  return user === undefined || password === undefined ? 'malformed' : { user, password };
};
