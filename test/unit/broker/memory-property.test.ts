// The count of memory against one that is made afresh from what is held, through random holding,
// releasing and compaction of messages that share chunks.
import { expect } from 'chai';
import fc from 'fast-check';
import { MESSAGE_OVERHEAD_BYTES, Memory } from '../../../src/broker/memory.ts';
import { Chunk, Message, type Part } from '../../../src/broker/message.ts';
import { ADDRESS, bodyOf, propertiesOf } from '../support/broker-parts.ts';

/** Places of a message's octets; taken modulo what there is. */
interface Shape {
  readonly properties: readonly [chunk: number, start: number, length: number];
  readonly parts: readonly (readonly [chunk: number, start: number, length: number])[];
}

const place = fc.tuple(fc.nat(5), fc.nat(40_000), fc.nat(20_000));
const shape: fc.Arbitrary<Shape> = fc.record({
  properties: fc.tuple(fc.nat(5), fc.nat(40_000), fc.integer({ min: 2, max: 300 })),
  parts: fc.oneof(
    { weight: 3, arbitrary: fc.array(place, { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.array(place, { minLength: 2, maxLength: 4 }) },
  ),
});
const CHUNK_BYTES = [300, 5_000, 20_000, 65_536, 65_536, 40_000];

function makeMessage(chunks: readonly Chunk[], { properties, parts }: Shape): Message {
  const part = ([at, from, length]: readonly [number, number, number]): Part => {
    const chunk = chunks[at] as Chunk;
    const start = from % chunk.bytes.length;
    return { chunk, start, end: Math.min(start + length, chunk.bytes.length) };
  };
  const head = part(properties);
  const body = parts.map(part);
  const [first] = body as [Part];
  const size = body.reduce((sum, { start, end }) => sum + end - start, 0);
  return new Message(
    ADDRESS,
    head.chunk,
    head.start,
    head.end,
    first.chunk,
    first.start,
    size,
    body.length === 1 ? null : body,
  );
}

/** What the held messages come to: each chunk once, and their own octets. */
function countAfresh(messages: readonly Message[]): { used: number; exact: number } {
  const chunks = new Set<Chunk>();
  let exact = 0;
  for (const message of messages) {
    chunks.add(message.properties);
    for (const { chunk } of message.parts ?? [{ chunk: message.body }]) chunks.add(chunk);
    exact += MESSAGE_OVERHEAD_BYTES + propertiesOf(message).length + bodyOf(message).length;
  }
  const octets = Array.from(chunks, ({ bytes }) => bytes.length).reduce((a, b) => a + b, 0);
  return { used: octets + messages.length * MESSAGE_OVERHEAD_BYTES, exact };
}

const OCTETS = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

describe('Memory under random use', () => {
  it('counts exactly, keeps all octets, and ends at 0', () => {
    const act = fc.constantFrom('hold', 'hold', 'release', 'compact');
    const steps = fc.array(fc.tuple(act, fc.nat(30)), { maxLength: 80, size: 'max' });
    const shapes = fc.array(shape, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(shapes, steps, (wanted, acts) => {
        const chunks = CHUNK_BYTES.map((size, i) => new Chunk(OCTETS.subarray(i, i + size)));
        const memory = new Memory(1e9, () => undefined);
        const messages = wanted.map((each) => makeMessage(chunks, each));
        const octets = messages.map((each) => Buffer.concat([propertiesOf(each), bodyOf(each)]));
        const held = () => messages.filter(({ holders }) => holders > 0);
        for (const [what, at] of acts) {
          const message = messages[at % messages.length] as Message;
          if (what === 'hold') memory.hold(message);
          else if (message.holders > 0) memory[what as 'release' | 'compact'](message);
          const { used, exact } = countAfresh(held());
          expect([memory.usedBytes, memory.exactBytes]).to.deep.equal([used, exact]);
        }
        for (const [i, each] of messages.entries()) {
          const now = Buffer.concat([propertiesOf(each), bodyOf(each)]);
          expect(now.equals(octets[i] as Buffer), `octets of message ${i}`).to.equal(true);
        }
        for (const message of held()) while (message.holders > 0) memory.release(message);
        expect([memory.usedBytes, memory.exactBytes]).to.deep.equal([0, 0]);
        for (const chunk of chunks) expect(chunk.holders).to.equal(0);
      }),
      { numRuns: 150 },
    );
  });

  it('raises and clears the alarm in turns, at its two marks', () => {
    const limit = 1000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -400, max: 400 }), { maxLength: 60 }), (changes) => {
        const calls: boolean[] = [];
        const memory = new Memory(limit, (raised) => calls.push(raised));
        let up = false;
        for (const change of changes) {
          if (change >= 0) memory.reserve(change);
          else memory.unreserve(Math.min(-change, memory.usedBytes));
          if (memory.usedBytes > limit) up = true;
          else if (change < 0 && memory.usedBytes <= 950) up = false;
          expect(memory.alarm).to.equal(up);
        }
        expect(calls).to.deep.equal(calls.map((_, i) => i % 2 === 0));
        expect(calls.length % 2 === 1).to.equal(up);
      }),
    );
  });
});
