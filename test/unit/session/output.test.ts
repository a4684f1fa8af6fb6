import { expect } from 'chai';
import fc from 'fast-check';
import { Octets } from '../../../protocol/octets.ts';
import { Output, SLAB_BYTES, SlabPool } from '../../../src/session/output.ts';
import { FakeTransport } from '../support/fake-transport.ts';

/** A pool that knows which slabs are out, and minds one that is given twice or is not its own. */
class WatchedPool extends SlabPool {
  readonly out = new Set<Octets>();
  /** Memory of buffers that a peer got themselves: never to be reused. */
  readonly handedOver = new Set<ArrayBufferLike>();
  taken = 0;
  given = 0;

  override take(): Octets {
    const slab = super.take();
    expect(this.out.has(slab), 'a slab that is in use').to.equal(false);
    this.out.add(slab);
    this.taken++;
    return slab;
  }

  override give(slab: Octets): void {
    expect(this.out.delete(slab), 'a slab that is out').to.equal(true);
    expect(this.handedOver.has(slab.bytes.buffer), 'a slab of the peer').to.equal(false);
    this.given++;
    super.give(slab);
  }
}

class Parts {
  readonly transport: FakeTransport;
  readonly pool = new WatchedPool();
  scheduled = 0;
  readonly output: Output;

  constructor(copiesOnWrite = true) {
    this.transport = new FakeTransport(copiesOnWrite);
    if (!copiesOnWrite) this.#noteWrites();
    this.output = new Output(this.transport, this.pool, () => this.scheduled++);
  }

  #noteWrites(): void {
    const { transport, pool } = this;
    const write = transport.write.bind(transport);
    transport.write = (buffers, done) => {
      for (const { buffer } of buffers) pool.handedOver.add(buffer);
      write(buffers, done);
    };
  }

  /** Writes octets in place, as frames are. */
  put(octets: Buffer): void {
    const at = this.output.reserve(octets.length);
    octets.copy(this.output.slab.bytes, at);
  }

  sent(): Buffer {
    this.output.flush();
    this.transport.drain();
    return this.transport.takeSent();
  }
}

describe('SlabPool', () => {
  it('hands out again what it was given', () => {
    const pool = new SlabPool();
    const slab = pool.take();
    expect(slab.bytes).to.have.length(SLAB_BYTES);
    expect(pool.take()).not.to.equal(slab);
    pool.give(slab);
    expect(pool.take()).to.equal(slab);
  });

  it('keeps no more than 256', () => {
    const pool = new SlabPool();
    const slabs = Array.from({ length: 257 }, () => new Octets(Buffer.alloc(0)));
    for (const slab of slabs) pool.give(slab);
    const again = new Set(Array.from({ length: 257 }, () => pool.take()));
    expect(slabs.filter((slab) => again.has(slab))).to.have.length(256);
  });
});

describe('Output', () => {
  let parts: Parts;
  let output: Output;

  beforeEach(() => {
    parts = new Parts();
    ({ output } = parts);
  });

  it('holds no slab and writes nothing while there is nothing to send', () => {
    output.flush();
    output.requestFlush();
    output.flush();
    expect([parts.pool.taken, parts.transport.writes, output.slab.bytes.length]).to.deep.equal([
      0, 0, 0,
    ]);
  });

  it('asks for one flush a turn', () => {
    parts.put(Buffer.from('a'));
    output.append(Buffer.from('b'));
    output.append(Buffer.alloc(1000));
    output.requestFlush();
    expect(parts.scheduled).to.equal(1);
    output.flush();
    parts.put(Buffer.from('c'));
    expect(parts.scheduled).to.equal(2);
  });

  it('writes a turn’s output in one go and lets go of its slab', () => {
    parts.put(Buffer.from('one '));
    parts.put(Buffer.from('two '));
    output.append(Buffer.from('three'));
    output.flush();
    expect(parts.transport.pending).to.have.length(1);
    expect(parts.transport.pending[0]?.buffers).to.have.length(1);
    expect(output.slab.bytes).to.have.length(0);
    parts.transport.drain();
    expect(parts.transport.takeSent().toString()).to.equal('one two three');
  });

  it('copies what is short and passes on what is long as it is', () => {
    const [short, long] = [Buffer.alloc(511, 1), Buffer.alloc(512, 2)];
    output.append(short);
    output.append(long);
    output.append(short);
    output.flush();
    const buffers = parts.transport.pending[0]?.buffers ?? [];
    expect(buffers.map(({ length }) => length)).to.deep.equal([511, 512, 511]);
    expect(buffers[0]).not.to.equal(short);
    expect(buffers[1]).to.equal(long);
    expect(parts.pool.taken).to.equal(1);
  });

  it('keeps no slab for a few octets to a peer that has not taken what it got before', () => {
    const long = Buffer.alloc(1000, 2);
    for (let i = 0; i < 5; i++) {
      parts.put(Buffer.alloc(3, i));
      output.append(long);
      parts.put(Buffer.from('end'));
      output.flush();
    }
    expect(parts.pool.out.size, 'the first one, which may leave at once').to.equal(1);
    expect(parts.transport.pending[4]?.buffers[1]).to.equal(long);
    parts.put(Buffer.alloc(SLAB_BYTES - 1, 9));
    output.flush();
    expect(parts.pool.out.size, 'one that is full').to.equal(2);
    parts.transport.drain();
    const expected = [0, 1, 2, 3, 4].flatMap((i) => [Buffer.alloc(3, i), long, Buffer.from('end')]);
    const last = Buffer.alloc(SLAB_BYTES - 1, 9);
    expect(parts.transport.takeSent().equals(Buffer.concat([...expected, last]))).to.equal(true);
    expect(parts.pool.out.size).to.equal(0);
  });

  it('needs no slab for long octets alone', () => {
    output.append(Buffer.alloc(1000, 7));
    expect(parts.scheduled).to.equal(1);
    expect(parts.sent()).to.deep.equal(Buffer.alloc(1000, 7));
    expect(parts.pool.taken).to.equal(0);
  });

  it('fills a slab to its last octet, and then takes another', () => {
    expect(output.reserve(SLAB_BYTES - 1)).to.equal(0);
    const { slab } = output;
    expect(output.reserve(1)).to.equal(SLAB_BYTES - 1);
    expect(output.slab).to.equal(slab);
    expect(output.reserve(1)).to.equal(0);
    expect(output.slab).not.to.equal(slab);
    expect(parts.sent()).to.have.length(SLAB_BYTES + 1);
  });

  it('leaves the rest of a slab that something does not fit into unused', () => {
    parts.put(Buffer.alloc(10, 1));
    parts.put(Buffer.alloc(SLAB_BYTES, 2));
    const sent = parts.sent();
    expect(sent).to.deep.equal(Buffer.concat([Buffer.alloc(10, 1), Buffer.alloc(SLAB_BYTES, 2)]));
    expect([parts.pool.taken, parts.pool.given]).to.deep.equal([2, 2]);
  });

  it('gives slabs back when they have left, not before', () => {
    const full = (i: number) => Buffer.alloc(SLAB_BYTES, i);
    parts.put(full(1));
    output.flush();
    parts.put(full(2));
    output.flush();
    expect(parts.pool.given).to.equal(0);
    parts.transport.drain(1);
    expect(parts.pool.given).to.equal(1);
    parts.put(full(3));
    output.flush();
    parts.transport.drain();
    const sent = parts.transport.takeSent();
    expect(sent.equals(Buffer.concat([1, 2, 3].map(full)))).to.equal(true);
    expect([parts.pool.taken, parts.pool.given]).to.deep.equal([3, 3]);
  });

  it('never gives slabs back that the peer got as they are', () => {
    parts = new Parts(false);
    parts.put(Buffer.from('a'));
    expect(parts.sent().toString()).to.equal('a');
    expect([parts.pool.taken, parts.pool.given]).to.deep.equal([1, 0]);
  });

  describe('says how much it takes', () => {
    const KIB = 1024;
    const MIB = 1024 * KIB;

    it('is open until a turn has brought 2 MiB', () => {
      output.append(Buffer.alloc(2 * MIB - 10));
      parts.put(Buffer.alloc(9));
      expect(output.open).to.equal(true);
      parts.put(Buffer.alloc(1));
      expect(output.open).to.equal(false);
      output.flush();
      expect(output.open).to.equal(true);
    });

    it('is congested when more than 1 MiB has not left', () => {
      parts.transport.stuckBytes = MIB;
      expect(output.congested).to.equal(false);
      parts.transport.stuckBytes++;
      expect(output.congested).to.equal(true);
    });

    it('takes 64 KiB while more than 64 MiB are under way on all connections', () => {
      const block = Buffer.alloc(MIB);
      const other = new Output(new FakeTransport(), parts.pool, () => undefined);
      for (let i = 0; i < 64; i++) other.append(block);
      expect(parts.pool.isStrained, 'not before it is written').to.equal(false);
      other.flush();
      expect([parts.pool.underWayBytes, parts.pool.isStrained]).to.deep.equal([64 * MIB, false]);
      parts.put(Buffer.alloc(1));
      output.flush();
      expect(parts.pool.isStrained).to.equal(true);
      parts.transport.stuckBytes = 64 * KIB - 1;
      expect(output.congested).to.equal(false);
      parts.transport.stuckBytes++;
      expect(output.congested).to.equal(true);
      output.append(Buffer.alloc(64 * KIB - 1));
      expect(output.open).to.equal(true);
      parts.put(Buffer.alloc(1));
      expect(output.open).to.equal(false);
      parts.transport.drain();
      expect([parts.pool.isStrained, output.open, output.congested]).to.deep.equal([
        false,
        true,
        false,
      ]);
    });
  });

  it('sends octets in the order of the calls, whatever they are, and reuses nothing early', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 500, max: 520 }),
      fc.integer({ min: SLAB_BYTES - 50, max: SLAB_BYTES }),
    );
    const step = fc.oneof(
      fc.record({ act: fc.constant('put'), size }),
      fc.record({ act: fc.constant('append'), size }),
      fc.record({ act: fc.constant('flush'), size: fc.constant(0) }),
      fc.record({ act: fc.constant('drain'), size: fc.nat(2) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.boolean(), (steps, copies) => {
        parts = new Parts(copies);
        const expected: Buffer[] = [];
        for (const [i, { act, size }] of steps.entries()) {
          expect(parts.pool.underWayBytes).to.equal(parts.transport.pendingBytes);
          if (act === 'flush') parts.output.flush();
          else if (act === 'drain') parts.transport.drain(size);
          else {
            const octets = Buffer.alloc(size, i + 1);
            expected.push(octets);
            if (act === 'put') parts.put(octets);
            else parts.output.append(octets);
          }
        }
        expect(parts.sent().equals(Buffer.concat(expected))).to.equal(true);
        // A peer that gets the slabs themselves keeps them; only what was copied out comes back.
        const kept = copies ? 0 : parts.pool.out.size;
        expect(parts.pool.given).to.equal(parts.pool.taken - kept);
        expect([parts.output.slab.bytes.length, parts.pool.underWayBytes]).to.deep.equal([0, 0]);
      }),
      { numRuns: 60 },
    );
  });
});
