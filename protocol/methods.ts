/**
 * Any method to and from its octets, interpreted from the table in spec.ts.
 *
 *     method frame   1 | channel:2 | size:4 | class:2 | method:2 | fields | 206
 *     header frame   2 | channel:2 | size:4 | class:2 | weight:2 | body size:8 | properties | 206
 *     body frame     3 | channel:2 | size:4 | octets | 206
 *
 * Responsible for the cold methods and for whole frames as Buffers. Not responsible for the methods
 * that carry traffic at speed (hot.ts), or for whether a method may come now.
 */
import { FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_HEARTBEAT, FRAME_METHOD } from './constants.ts';
import { Cursor, readUint64, Truncated, writeUint64 } from './cursor.ts';
import {
  cannotDecode,
  malformedShortString,
  ProtocolError,
  unimplementedMethod,
  unknownFrame,
} from './errors.ts';
import { methodIdAt } from './hot.ts';
import { type Method, type MethodName, SPEC } from './spec.ts';
import type { MethodSpec, WireType, WireTypes } from './spec-types.ts';
import { decodeTable, EMPTY_TABLE, tableBytes, writeTable } from './table.ts';
import {
  readShortString,
  readUtf8,
  shortStringBytes,
  takeShortString,
  writeShortString,
} from './text.ts';

const FRAME_START_BYTES = 7;
const FRAME_OVERHEAD_BYTES = 8;
const BASIC_CLASS = 60;

/** One wire type: three verbs, and what is written for a reserved field. */
interface Primitive<V> {
  readonly empty: V;
  size(value: V): number;
  encode(bytes: Buffer, value: V, at: number): number;
  decode(cursor: Cursor): V;
}

const PRIMITIVES: { readonly [T in Exclude<WireType, 'bit'>]: Primitive<WireTypes[T]> } = {
  octet: {
    empty: 0,
    size: () => 1,
    encode: (bytes, value, at) => bytes.writeUInt8(value, at),
    decode: (cursor) => cursor.bytes[cursor.take(1)] as number,
  },
  short: {
    empty: 0,
    size: () => 2,
    encode: (bytes, value, at) => bytes.writeUInt16BE(value, at),
    decode: (cursor) => cursor.bytes.readUInt16BE(cursor.take(2)),
  },
  long: {
    empty: 0,
    size: () => 4,
    encode: (bytes, value, at) => bytes.writeUInt32BE(value, at),
    decode: (cursor) => cursor.bytes.readUInt32BE(cursor.take(4)),
  },
  longlong: {
    empty: 0,
    size: () => 8,
    encode(bytes, value, at) {
      writeUint64(bytes, value, at);
      return at + 8;
    },
    decode: (cursor) => readUint64(cursor.bytes, cursor.take(8)),
  },
  shortstr: {
    empty: '',
    size: shortStringBytes,
    encode: writeShortString,
    decode(cursor) {
      const start = takeShortString(cursor);
      const text = readUtf8(cursor.bytes, start, cursor.at);
      if (text === undefined) throw malformedShortString();
      return text;
    },
  },
  longstr: {
    empty: Buffer.alloc(0),
    size: (value) => 4 + value.length,
    encode(bytes, value, at) {
      const start = bytes.writeUInt32BE(value.length, at);
      return start + value.copy(bytes, start);
    },
    // A copy: the value outlives the chunk that it came in.
    decode(cursor) {
      const length = cursor.bytes.readUInt32BE(cursor.take(4));
      const start = cursor.take(length);
      return Buffer.from(cursor.bytes.subarray(start, start + length));
    },
  },
  table: {
    empty: EMPTY_TABLE,
    size: tableBytes,
    encode: writeTable,
    decode(cursor) {
      const start = cursor.take(4);
      cursor.take(cursor.bytes.readUInt32BE(start));
      return decodeTable(cursor.bytes, start, cursor.at).table;
    },
  },
};

/** RabbitMQ asks every method for sound UTF-8 but the one that carries traffic. */
const PUBLISH_STRING: Primitive<string> = { ...PRIMITIVES.shortstr, decode: readShortString };

type Values = Record<string, unknown>;

/** One field, or a run of adjacent bits, acting on a method object. */
interface Step {
  size(values: Values): number;
  encode(bytes: Buffer, values: Values, at: number): number;
  decode(cursor: Cursor, values: Values): void;
}

function isReserved(name: string): boolean {
  return name.startsWith('_');
}

function fieldStep(name: string, primitive: Primitive<unknown>): Step {
  if (isReserved(name)) {
    return {
      size: () => primitive.size(primitive.empty),
      encode: (bytes, _values, at) => primitive.encode(bytes, primitive.empty, at),
      decode: (cursor) => void primitive.decode(cursor),
    };
  }
  return {
    size: (values) => primitive.size(values[name]),
    encode: (bytes, values, at) => primitive.encode(bytes, values[name], at),
    decode(cursor, values) {
      values[name] = primitive.decode(cursor);
    },
  };
}

/** Adjacent bits share an octet, the first in its lowest bit (spec 4.2.5.2). */
function bitsStep(names: readonly string[]): Step {
  return {
    size: () => 1,
    encode(bytes, values, at) {
      let octet = 0;
      names.forEach((name, bit) => {
        if (values[name] === true) octet |= 1 << bit;
      });
      bytes[at] = octet;
      return at + 1;
    },
    decode(cursor, values) {
      const octet = cursor.bytes[cursor.take(1)] as number;
      names.forEach((name, bit) => {
        if (!isReserved(name)) values[name] = (octet & (1 << bit)) !== 0;
      });
    },
  };
}

interface Layout {
  readonly name: MethodName;
  readonly classId: number;
  readonly methodId: number;
  readonly steps: readonly Step[];
}

function layoutOf(name: MethodName, spec: MethodSpec): Layout {
  const steps: Step[] = [];
  let bits: string[] = [];
  for (const [field, type] of Object.entries(spec.fields)) {
    if (type === 'bit') {
      if (bits.length === 0) steps.push(bitsStep(bits));
      bits.push(field);
    } else {
      bits = [];
      const isLenient = type === 'shortstr' && name === 'basic.publish';
      const primitive = isLenient ? PUBLISH_STRING : PRIMITIVES[type];
      steps.push(fieldStep(field, primitive as Primitive<unknown>));
    }
  }
  return { name, classId: spec.ids[0], methodId: spec.ids[1], steps };
}

const LAYOUTS = new Map<string, Layout>();
const LAYOUTS_BY_ID = new Map<number, Layout>();
for (const [name, spec] of Object.entries(SPEC)) {
  const layout = layoutOf(name as MethodName, spec);
  LAYOUTS.set(name, layout);
  LAYOUTS_BY_ID.set((layout.classId << 16) | layout.methodId, layout);
}

/**
 * Reads the fields of `layout` into `values`, and returns the first refusal of a field's content;
 * the fields after it are read all the same, for a wrong length is refused before any content.
 * @throws Truncated
 */
function readFields(layout: Layout, cursor: Cursor, values: Values): ProtocolError | undefined {
  let refusal: ProtocolError | undefined;
  for (const step of layout.steps) {
    try {
      step.decode(cursor, values);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      refusal ??= error;
    }
  }
  return refusal;
}

/**
 * Decodes the payload `bytes[start, end)` of a method frame.
 * @throws ProtocolError FRAME_ERROR unless the fields fit the payload exactly and short strings are
 *   UTF-8, SYNTAX_ERROR for a malformed table in it, COMMAND_INVALID for an unknown class or method
 *   (RabbitMQ drops the socket on these two)
 */
export function decodeMethod(bytes: Buffer, start: number, end: number): Method {
  if (end - start < 4) throw unknownFrame(FRAME_METHOD, bytes, start, end - start);
  const id = methodIdAt(bytes, start);
  const layout = LAYOUTS_BY_ID.get(id);
  if (layout === undefined) throw unimplementedMethod(id >>> 16, id & 0xffff);
  const { name, classId, methodId: number } = layout;
  const cursor = new Cursor(bytes, start + 4, end);
  const values: Values = { name };
  let refusal: ProtocolError | undefined;
  try {
    refusal = readFields(layout, cursor, values);
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    throw cannotDecode(bytes, start + 4, end, classId, number);
  }
  if (cursor.at !== end) throw cannotDecode(bytes, start + 4, end, classId, number);
  if (refusal === undefined) return values as Method;
  if (refusal.reply === 'FRAME_ERROR') throw refusal;
  throw new ProtocolError(refusal.reply, refusal.message, classId, number);
}

function startFrame(type: number, channel: number, payloadBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_OVERHEAD_BYTES + payloadBytes);
  frame[0] = type;
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(payloadBytes, 3);
  frame[FRAME_START_BYTES + payloadBytes] = FRAME_END;
  return frame;
}

/**
 * One complete method frame.
 * @throws RangeError for a short string over 255 octets in UTF-8, or a number that its field cannot
 *   hold
 */
export function encodeMethod(channel: number, method: Method): Buffer {
  const layout = LAYOUTS.get(method.name);
  if (layout === undefined) throw new TypeError(`no such method: ${method.name}`);
  const values = method as unknown as Values;
  let size = 4;
  for (const step of layout.steps) size += step.size(values);
  const frame = startFrame(FRAME_METHOD, channel, size);
  let at = frame.writeUInt16BE(layout.classId, FRAME_START_BYTES);
  at = frame.writeUInt16BE(layout.methodId, at);
  for (const step of layout.steps) at = step.encode(frame, values, at);
  return frame;
}

/** A content header frame. `bodySize` in octets; `properties` as encodeProperties gives them. */
export function encodeHeaderFrame(
  channel: number,
  bodySize: number | bigint,
  properties: Buffer,
): Buffer {
  const frame = startFrame(FRAME_HEADER, channel, 12 + properties.length);
  frame.writeUInt16BE(BASIC_CLASS, 7);
  frame.writeUInt16BE(0, 9);
  writeUint64(frame, bodySize, 11);
  properties.copy(frame, 19);
  return frame;
}

/**
 * The body in as many frames as `frameMax` octets a frame (0 = no limit) make necessary; none when
 * it is empty.
 */
export function encodeBodyFrames(channel: number, body: Buffer, frameMax: number): Buffer[] {
  const most = frameMax === 0 ? body.length : frameMax - FRAME_OVERHEAD_BYTES;
  const frames: Buffer[] = [];
  for (let start = 0; start < body.length; start += most) {
    const part = body.subarray(start, start + most);
    const frame = startFrame(FRAME_BODY, channel, part.length);
    part.copy(frame, FRAME_START_BYTES);
    frames.push(frame);
  }
  return frames;
}

/** The heartbeat: an empty frame on channel 0. */
export const HEARTBEAT_FRAME: Buffer = startFrame(FRAME_HEARTBEAT, 0, 0);
