/**
 * What came back in a scenario as lines of text, so that two brokers can be compared: by connection
 * and channel, since only within a channel is there an order, with what must differ replaced.
 * Pure: history in, lines out.
 */
import { BASIC_PROPERTIES, type Method, SPEC } from '../../protocol/spec.ts';
import type { FieldTable, FieldValue } from '../../protocol/table.ts';
import type { Arrival } from '../../test/support/wire.ts';
import type { Stage } from './stage.ts';

/** Names that a broker makes up: the same one gets the same number within a scenario. */
const MADE_UP = /amq\.(?:gen|ctag)-[\w-]{22}|(amq\.rabbitmq\.reply-to)\.[\w+/=.*-]+/g;
/** When a message was dead-lettered. */
const DEATH_TIME = /\btime:T\d+/g;
const PROCESS = /<\d+\.\d+\.\d+>/g;
/** Server properties that say what the broker is rather than how it behaves. */
const IDENTITY = new Set([
  'product',
  'version',
  'platform',
  'copyright',
  'information',
  'cluster_name',
]);
const LONG_BODY = 80;
/** A protocol header is shown whole; of a frame only its type. */
const SHORT_BYTES = 8;

export interface Transcript {
  readonly lines: readonly string[];
  /** Frames that came in, those of the handshake and of helpers included. */
  readonly frames: number;
}

/** All that came back on a stage. */
export function transcribe(stage: Stage): Transcript {
  const lines: string[] = [];
  let frames = 0;
  for (const { label, wire, hidden, from, vain, endIsCompared } of stage.speakers) {
    const byChannel = new Map<number, string[]>();
    for (const [index, arrival] of wire.history.entries()) {
      frames += frameCount(arrival);
      if (index < from || hidden.has(arrival)) continue;
      const list = byChannel.get(arrival.channel) ?? [];
      list.push(`${label}/${arrival.channel} ${show(arrival)}`);
      byChannel.set(arrival.channel, list);
    }
    for (const [, list] of [...byChannel].sort(([a], [b]) => a - b)) lines.push(...list);
    for (const what of vain) lines.push(`${label} waited in vain for ${what}`);
    if (wire.ended && endIsCompared) lines.push(`${label} ended by the broker`);
  }
  for (const { label, wire } of stage.wires) {
    const octets = Buffer.concat(wire.rawParts);
    const shown = octets.length > SHORT_BYTES ? `${octets[0]}, more` : octets.toString('hex');
    lines.push(`${label} octets ${shown}${wire.ended ? ', ended' : ''}`);
  }
  lines.push(...stage.notes.map((note) => `note ${note}`));
  return { lines: normalise(lines), frames };
}

function frameCount({ content }: Arrival): number {
  return content === undefined ? 1 : 2 + content.bodyFrameSizes.length;
}

/** Replaces what a broker makes up. */
export function normalise(lines: readonly string[]): string[] {
  const numbers = new Map<string, number>();
  return lines.map((line) =>
    line
      .replaceAll(MADE_UP, (found) => {
        const kind = /^amq\.(?:gen|ctag)-|^amq\.rabbitmq\.reply-to/.exec(found)?.[0];
        let number = numbers.get(found);
        if (number === undefined) {
          number = numbers.size + 1;
          numbers.set(found, number);
        }
        return `${kind}(${number})`;
      })
      .replaceAll(DEATH_TIME, 'time:T(then)')
      .replaceAll(PROCESS, '<pid>'),
  );
}

/** One line: the method, its fields, its content. */
export function show({ method, content }: Arrival): string {
  const parts: string[] = [method.name, ...fieldsOf(method)];
  if (content !== undefined) {
    for (const name of Object.keys(BASIC_PROPERTIES)) {
      const value = content.properties[name as keyof typeof content.properties];
      if (value !== undefined) parts.push(`${name}=${showField(value)}`);
    }
    parts.push(`body=${showBody(content.body)}`);
    if (content.bodyFrameSizes.length > 1) parts.push(`frames=${content.bodyFrameSizes}`);
  }
  return parts.join(' ');
}

function fieldsOf(method: Method): string[] {
  const values = method as unknown as Record<string, unknown>;
  return Object.keys(SPEC[method.name].fields)
    .filter((field) => !field.startsWith('_'))
    .map((field) => `${field}=${showField(values[field])}`);
}

function showField(value: unknown): string {
  if (value instanceof Map) return showTable(value as FieldTable);
  if (Buffer.isBuffer(value)) return JSON.stringify(value.toString('latin1'));
  if (typeof value === 'bigint') return String(value);
  return JSON.stringify(value);
}

/** A table with the wire type of each value, in the order of the wire. */
function showTable(table: FieldTable): string {
  const entries = [...table].map(([key, value]) =>
    IDENTITY.has(key) ? `${key}:${value.type}` : `${key}:${showValue(value)}`,
  );
  return `{${entries.join(', ')}}`;
}

function showValue({ type, value }: FieldValue): string {
  if (type === 'F') return `F${showTable(value)}`;
  if (type === 'A') return `A[${value.map(showValue).join(', ')}]`;
  if (type === 'D') return `D${value.value}e-${value.scale}`;
  if (type === 'V') return 'V';
  return `${type}${showField(value)}`;
}

function showBody(body: Buffer): string {
  const text = JSON.stringify(body.subarray(0, LONG_BODY).toString('latin1'));
  return body.length > LONG_BODY ? `${text}...(${body.length})` : text;
}
