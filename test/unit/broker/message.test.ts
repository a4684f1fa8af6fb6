import { expect } from 'chai';
import { Flow } from '../../../src/broker/flow.ts';
import { Chunk, Message, QueueEntry } from '../../../src/broker/message.ts';
import type { Queue } from '../../../src/broker/queue.ts';
import { Route } from '../../../src/broker/routes.ts';
import { ADDRESS, bodyOf, messageOf, propertiesOf } from '../support/broker-parts.ts';

describe('Message', () => {
  it('is held by nobody at first', () => {
    expect(messageOf('x').holders).to.equal(0);
    expect(new Chunk(Buffer.alloc(1)).holders).to.equal(0);
  });

  it('can be had with other properties and another address, body as it was', () => {
    const chunk = new Chunk(Buffer.from('ppppbody'));
    const parts = [
      { chunk, start: 4, end: 6 },
      { chunk, start: 6, end: 8 },
    ];
    for (const each of [null, parts]) {
      const message = new Message(ADDRESS, chunk, 0, 4, chunk, 4, 4, each);
      message.holders = 3;
      const other = message.with(new Route('', 'other'), Buffer.from([1, 2, 3]));
      expect(propertiesOf(other)).to.deep.equal(Buffer.from([1, 2, 3]));
      expect(bodyOf(other).toString()).to.equal('body');
      expect(other).to.include({ body: chunk, bodyStart: 4, bodySize: 4, parts: each, holders: 0 });
      expect(other.address.routingKey).to.equal('other');
      expect(message.address).to.equal(ADDRESS);
    }
  });

  it('enters a queue as not redelivered', () => {
    expect(new QueueEntry(messageOf('x'), 7)).to.include({ position: 7, redelivered: false });
  });
});

describe('Flow', () => {
  it('gives the last lagging queue out once', () => {
    const flow = new Flow();
    expect(flow.takeLagging()).to.equal(null);
    const [a, b] = [{}, {}] as Queue[];
    flow.lagging = a as Queue;
    flow.lagging = b as Queue;
    expect(flow.takeLagging()).to.equal(b);
    expect(flow.takeLagging()).to.equal(null);
  });
});
