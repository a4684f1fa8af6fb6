/** The generator's counting of frames, at every split of the stream. */
import { expect } from 'chai';
import { ackFrame, deliverFrames, METHOD, methodFrame } from '../../../bench/support/frames.ts';
import { Receiver } from '../../../bench/support/receiver.ts';

interface Heard {
  readonly receiver: Receiver;
  readonly tags: number[];
  readonly methods: string[];
}

function listener(): Heard {
  const tags: number[] = [];
  const methods: string[] = [];
  const receiver = new Receiver({
    content: (tag) => tags.push(tag),
    method: (channel, method, payload) =>
      methods.push(`${channel} ${method.toString(16)} ${payload.length}`),
  });
  return { receiver, tags, methods };
}

function feed(bytes: Buffer, sizes: () => number): Heard {
  const heard = listener();
  for (let at = 0; at < bytes.length; ) {
    const size = Math.min(sizes(), bytes.length - at);
    // One buffer for all chunks, as the socket has it: nothing may be kept of an earlier one.
    const chunk = Buffer.alloc(size);
    bytes.copy(chunk, 0, at, at + size);
    heard.receiver.push(chunk, size);
    chunk.fill(0xff);
    at += size;
  }
  return heard;
}

function delivery(deliveryTag: number, bodyBytes: number, routingKey = 'queue'): Buffer {
  return deliverFrames({
    channel: 1,
    consumerTag: 'c',
    deliveryTag,
    exchange: '',
    routingKey,
    body: Buffer.alloc(bodyBytes, 0xce),
  });
}

describe('bench receiver', () => {
  const consumeOk = methodFrame(1, METHOD.basicConsumeOk, (to) => to.shortString('c'));
  const heartbeat = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]);
  const sizes = [16, 16, 16, 0, 0, 16, 300, 16, 16, 200_000, 16, 16];
  const stream = Buffer.concat([
    consumeOk,
    ...sizes.map((size, i) => delivery(i + 1, size)),
    heartbeat,
    ...sizes.map((size, i) => delivery(i + 2 ** 33, size, 'another-queue')),
    consumeOk,
  ]);
  const tags = [...sizes.map((_, i) => i + 1), ...sizes.map((_, i) => i + 2 ** 33)];

  function check(heard: Heard): void {
    expect(heard.receiver.contents).to.equal(sizes.length * 2);
    expect(heard.tags).to.deep.equal(tags);
    expect(heard.methods).to.deep.equal(['1 3c0015 6', '1 3c0015 6']);
  }

  it('counts a stream that comes whole', () => {
    check(feed(stream, () => stream.length));
  });

  it('counts a stream that comes octet by octet', () => {
    check(feed(stream, () => 1));
  });

  it('counts a stream cut at every possible place', () => {
    const short = Buffer.concat([delivery(1, 16), consumeOk, delivery(2, 16), delivery(3, 16)]);
    for (let cut = 1; cut < short.length; cut++) {
      const parts = [cut, short.length];
      const heard = feed(short, () => parts.shift() ?? 1);
      expect(heard.tags, `cut at ${cut}`).to.deep.equal([1, 2, 3]);
    }
  });

  it('counts a stream in pieces of any size', () => {
    for (let seed = 1; seed <= 50; seed++) {
      let state = seed;
      const next = (): number => {
        state = (state * 48271) % 2147483647;
        return 1 + (state % 70_000);
      };
      check(feed(stream, next));
    }
  });
});

describe('bench receiver, out of step', () => {
  it('refuses an octet that begins no frame', () => {
    const bytes = Buffer.concat([delivery(1, 16), delivery(2, 16), Buffer.of(0), delivery(3, 16)]);
    expect(() => feed(bytes, () => bytes.length)).to.throw('octet 0 where a frame begins');
    expect(() => feed(bytes, () => 1)).to.throw('octet 0 where a frame begins');
  });

  it('refuses a frame without its end octet', () => {
    const bytes = Buffer.from(methodFrame(1, METHOD.queueBindOk));
    bytes[bytes.length - 1] = 0;
    expect(() => feed(bytes, () => bytes.length)).to.throw('does not end in 206');
  });
});

describe('bench receiver, confirms', () => {
  function confirmed(...acks: readonly (readonly [number, boolean])[]): number[] {
    const { receiver } = listener();
    return acks.map(([tag, multiple]) => {
      const frame = ackFrame(1, tag, multiple);
      receiver.push(frame, frame.length);
      return receiver.confirmed;
    });
  }

  it('counts single ones in any order', () => {
    expect(confirmed([2, false], [1, false], [4, false], [3, false])).to.deep.equal([1, 2, 3, 4]);
  });

  it('counts what a multiple one covers once', () => {
    expect(confirmed([3, false], [2, true], [5, true], [4, true])).to.deep.equal([1, 3, 5, 5]);
  });

  it('counts negative ones as confirmed and as nacked', () => {
    const { receiver } = listener();
    const nack = methodFrame(1, METHOD.basicNack, (to) => to.longLong(3).octet(1));
    receiver.push(nack, nack.length);
    expect([receiver.confirmed, receiver.nacked]).to.deep.equal([3, 3]);
  });
});
