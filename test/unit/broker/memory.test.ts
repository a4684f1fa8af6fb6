import { expect } from 'chai';
import { MESSAGE_OVERHEAD_BYTES, Memory } from '../../../src/broker/memory.ts';
import { Chunk, Message } from '../../../src/broker/message.ts';
import { ADDRESS, bodyOf, messageOf, propertiesOf } from '../support/broker-parts.ts';

const LIMIT = 10_000;

describe('Memory', () => {
  let alarms: boolean[];
  let memory: Memory;

  beforeEach(() => {
    alarms = [];
    memory = new Memory(LIMIT, (raised) => alarms.push(raised));
  });

  const used = () => [memory.usedBytes, memory.exactBytes];

  describe('counts', () => {
    it('a message once, however many queues hold it', () => {
      const message = messageOf('12345678');
      memory.hold(message);
      const once = MESSAGE_OVERHEAD_BYTES + 10;
      expect(used()).to.deep.equal([once, once]);
      memory.hold(message);
      expect(used()).to.deep.equal([once, once]);
      memory.release(message);
      expect(used()).to.deep.equal([once, once]);
      memory.release(message);
      expect(used()).to.deep.equal([0, 0]);
    });

    it('the whole of a chunk for as long as one message in it lives', () => {
      const chunk = new Chunk(Buffer.alloc(1000));
      const slice = (start: number) =>
        new Message(ADDRESS, chunk, start, start + 2, chunk, start + 2, 8, null);
      const [a, b] = [slice(0), slice(500)];
      memory.hold(a);
      memory.hold(b);
      const each = MESSAGE_OVERHEAD_BYTES + 10;
      expect(used()).to.deep.equal([1000 + 2 * MESSAGE_OVERHEAD_BYTES, 2 * each]);
      memory.release(a);
      expect(used()).to.deep.equal([1000 + MESSAGE_OVERHEAD_BYTES, each]);
      memory.release(b);
      expect(used()).to.deep.equal([0, 0]);
    });

    it('properties and body in different chunks', () => {
      const [p, b] = [new Chunk(Buffer.alloc(100)), new Chunk(Buffer.alloc(2000))];
      const message = new Message(ADDRESS, p, 3, 5, b, 7, 1900, null);
      memory.hold(message);
      expect(used()).to.deep.equal([
        MESSAGE_OVERHEAD_BYTES + 2100,
        MESSAGE_OVERHEAD_BYTES + 2 + 1900,
      ]);
      memory.release(message);
      expect(used()).to.deep.equal([0, 0]);
    });

    it('each chunk of a body in parts, and the first only once', () => {
      const [one, two] = [new Chunk(Buffer.alloc(100)), new Chunk(Buffer.alloc(200))];
      const parts = [
        { chunk: one, start: 50, end: 100 },
        { chunk: two, start: 0, end: 90 },
        { chunk: two, start: 98, end: 108 },
      ];
      const message = new Message(ADDRESS, one, 0, 2, one, 50, 150, parts);
      memory.hold(message);
      expect(used()).to.deep.equal([MESSAGE_OVERHEAD_BYTES + 300, MESSAGE_OVERHEAD_BYTES + 152]);
      memory.release(message);
      expect(used()).to.deep.equal([0, 0]);
      expect([one.holders, two.holders]).to.deep.equal([0, 0]);
    });

    it('a copy with other properties as another message that shares the body', () => {
      const original = messageOf('12345678');
      const copy = original.with(ADDRESS, Buffer.alloc(20));
      expect(bodyOf(copy)).to.deep.equal(bodyOf(original));
      expect(propertiesOf(copy)).to.deep.equal(Buffer.alloc(20));
      for (const each of [original, copy]) memory.hold(each);
      expect(used()).to.deep.equal([
        2 * MESSAGE_OVERHEAD_BYTES + 10 + 20,
        2 * MESSAGE_OVERHEAD_BYTES + 10 + 28,
      ]);
      for (const each of [original, copy]) memory.release(each);
      expect(used()).to.deep.equal([0, 0]);
    });
  });

  describe('the alarm', () => {
    it('is raised beyond the limit, not at it, and once', () => {
      memory.reserve(LIMIT);
      expect([memory.alarm, alarms]).to.deep.equal([false, []]);
      memory.reserve(1);
      memory.reserve(1);
      expect([memory.alarm, alarms]).to.deep.equal([true, [true]]);
    });

    it('is cleared at 95 % of the limit, not above, and once', () => {
      memory.reserve(LIMIT + 1);
      memory.unreserve(LIMIT + 1 - 9501);
      expect([memory.alarm, alarms]).to.deep.equal([true, [true]]);
      memory.unreserve(1);
      memory.unreserve(1);
      expect([memory.alarm, alarms]).to.deep.equal([false, [true, false]]);
      memory.reserve(LIMIT);
      expect(alarms).to.deep.equal([true, false, true]);
    });

    it('is up whatever is held, where the limit is set to 0', () => {
      memory.setLimit(0);
      expect([memory.alarm, alarms]).to.deep.equal([true, [true]]);
      const message = messageOf('');
      memory.hold(message);
      memory.release(message);
      expect([memory.alarm, alarms]).to.deep.equal([true, [true]]);
      memory.setLimit(1);
      expect([memory.alarm, alarms, memory.limitBytes]).to.deep.equal([false, [true, false], 1]);
    });

    it('follows a new limit at once', () => {
      memory.reserve(5000);
      memory.setLimit(5000);
      expect([memory.alarm, alarms]).to.deep.equal([false, []]);
      memory.setLimit(4999);
      memory.setLimit(4998);
      expect([memory.alarm, alarms]).to.deep.equal([true, [true]]);
      memory.setLimit(5000);
      expect([memory.alarm, alarms]).to.deep.equal([false, [true, false]]);
      memory.reserve(1);
      memory.unreserve(250);
      expect(alarms, '95 % of the new limit').to.deep.equal([true, false, true]);
      memory.unreserve(1);
      memory.unreserve(4750);
      expect([memory.alarm, alarms]).to.deep.equal([false, [true, false, true, false]]);
    });

    it('is set before it is told, so that who is told sees it', () => {
      const seen: boolean[] = [];
      memory = new Memory(10, () => seen.push(memory.alarm));
      memory.reserve(11);
      memory.unreserve(11);
      expect(seen).to.deep.equal([true, false]);
    });
  });

  describe('the limit of the heap', () => {
    const messages = Array.from({ length: 100 }, () => messageOf('x'));

    beforeEach(() => {
      memory = new Memory(1e9, (raised) => alarms.push(raised), 50 * MESSAGE_OVERHEAD_BYTES);
    });

    it('raises the alarm for many small messages, and clears it at 95 %', () => {
      for (const message of messages.slice(0, 50)) memory.hold(message);
      expect(memory.alarm).to.equal(false);
      memory.hold(messages[50] as Message);
      expect(memory.alarm).to.equal(true);
      for (const message of messages.slice(0, 3)) memory.release(message);
      expect(memory.alarm).to.equal(true);
      memory.release(messages[3] as Message);
      expect([memory.alarm, alarms]).to.deep.equal([false, [true, false]]);
      for (const message of messages.slice(4, 51)) memory.release(message);
      expect(used()).to.deep.equal([0, 0]);
    });

    it('does not count octets', () => {
      memory.reserve(1e8);
      memory.hold(messageOf(Buffer.alloc(100_000)));
      expect(memory.alarm).to.equal(false);
    });

    it('keeps the alarm up while either limit is passed', () => {
      for (const message of messages) memory.hold(message);
      memory.reserve(2e9);
      for (const message of messages) memory.release(message);
      expect(memory.alarm).to.equal(true);
      memory.unreserve(2e9);
      expect([memory.alarm, alarms]).to.deep.equal([false, [true, false]]);
    });
  });

  describe('compaction', () => {
    it('is wanted from a quarter of the limit, when more than half are remains', () => {
      memory = new Memory(4 * LIMIT, () => undefined);
      const chunk = new Chunk(Buffer.alloc(LIMIT));
      const message = new Message(ADDRESS, chunk, 0, 2, chunk, 2, 8, null);
      memory.hold(message);
      expect(memory.wantsCompaction).to.equal(true);
      memory.unreserve(MESSAGE_OVERHEAD_BYTES);
      expect(memory.wantsCompaction, 'at a quarter').to.equal(false);
      memory.reserve(MESSAGE_OVERHEAD_BYTES);
      const full = messageOf(Buffer.alloc(LIMIT));
      memory.hold(full);
      expect(memory.wantsCompaction, 'half of it is messages').to.equal(false);
    });

    it('moves small messages together and lets their chunks go', () => {
      const messages = Array.from({ length: 10 }, (_, i) => {
        const chunk = new Chunk(Buffer.alloc(65_536, i));
        return new Message(ADDRESS, chunk, 100, 105, chunk, 200 + i, 10 * i, null);
      });
      for (const message of messages) memory.hold(message);
      expect(memory.usedBytes).to.equal(10 * (65_536 + MESSAGE_OVERHEAD_BYTES));
      const exact = memory.exactBytes;
      for (const message of messages) memory.compact(message);
      expect(used()).to.deep.equal([65_536 + 10 * MESSAGE_OVERHEAD_BYTES, exact]);
      for (const [i, message] of messages.entries()) {
        expect(bodyOf(message)).to.deep.equal(Buffer.alloc(10 * i, i));
        expect(propertiesOf(message)).to.deep.equal(Buffer.alloc(5, i));
      }
    });

    it('takes another chunk when the first is full', () => {
      const messages = Array.from({ length: 5 }, () => messageOf(Buffer.alloc(16_382)));
      for (const message of messages) memory.hold(message);
      for (const message of messages) memory.compact(message);
      expect(memory.usedBytes).to.equal(2 * 65_536 + 5 * MESSAGE_OVERHEAD_BYTES);
      expect(new Set(messages.map(({ body }) => body))).to.have.property('size', 2);
    });

    it('leaves large messages where they are', () => {
      const large = messageOf(Buffer.alloc(16_383));
      memory.hold(large);
      const before = [large.properties, large.body, ...used()];
      memory.compact(large);
      expect([large.properties, large.body, ...used()]).to.deep.equal(before);
    });

    it('joins the parts of a body, so that none of their chunks stays', () => {
      const [first, second] = [1, 2].map((octet) => new Chunk(Buffer.alloc(65_536, octet)));
      const parts = [
        { chunk: first as Chunk, start: 65_500, end: 65_536 },
        { chunk: second as Chunk, start: 0, end: 20 },
      ];
      const chunk = first as Chunk;
      const message = new Message(ADDRESS, chunk, 10, 15, chunk, 65_500, 56, parts);
      memory.hold(message);
      const [before, exact] = used();
      memory.compact(message);
      expect(before).to.equal(2 * 65_536 + MESSAGE_OVERHEAD_BYTES);
      expect(used()).to.deep.equal([65_536 + MESSAGE_OVERHEAD_BYTES, exact]);
      expect(message.parts).to.equal(null);
      expect(bodyOf(message)).to.deep.equal(
        Buffer.concat([Buffer.alloc(36, 1), Buffer.alloc(20, 2)]),
      );
      expect(propertiesOf(message)).to.deep.equal(Buffer.alloc(5, 1));
      memory.release(message);
      expect(used()).to.deep.equal([0, 0]);
    });

    it('moves again what is left of chunks that it made', () => {
      const messages = Array.from({ length: 200 }, (_, n) => messageOf(Buffer.alloc(1_000, n)));
      for (const message of messages) memory.hold(message);
      for (const message of messages) memory.compact(message);
      for (const [n, message] of messages.entries()) if (n % 4 !== 0) memory.release(message);
      const left = messages.filter((_, n) => n % 4 === 0);
      const before = memory.usedBytes;
      for (const message of left) memory.compact(message);
      expect(memory.usedBytes).to.be.below(before - 65_536);
      for (const [n, message] of left.entries()) {
        expect(bodyOf(message)).to.deep.equal(Buffer.alloc(1_000, 4 * n));
      }
      const [again] = used();
      for (const message of left) memory.compact(message);
      expect(memory.usedBytes, 'and leaves it then').to.equal(again);
    });

    it('is wanted sooner under the alarm: nobody may publish then', () => {
      memory = new Memory(100_000, () => undefined);
      const chunk = new Chunk(Buffer.alloc(99_000));
      const message = new Message(ADDRESS, chunk, 0, 2, chunk, 2, 70_000, null);
      memory.hold(message);
      expect([memory.alarm, memory.wantsCompaction]).to.deep.equal([false, false]);
      memory.reserve(1_000);
      expect([memory.alarm, memory.wantsCompaction]).to.deep.equal([true, true]);
      memory.compacted();
      expect(memory.wantsCompaction, 'until the count grows').to.equal(false);
    });
  });
});
