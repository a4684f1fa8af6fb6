import { expect } from 'chai';
import fc from 'fast-check';
import type { PublishToken } from '../../../src/broker/queue.ts';
import { Confirms } from '../../../src/session/confirms.ts';

describe('Confirms', () => {
  let frames: string[];
  let due: number;
  let confirms: Confirms;

  beforeEach(() => {
    frames = [];
    due = 0;
    confirms = new Confirms(
      (sequence, multiple, positive) => {
        frames.push(`${positive ? 'ack' : 'nack'} ${sequence}${multiple ? ' multiple' : ''}`);
      },
      () => due++,
    );
  });

  /** Publishes to that many queues each; one with none has no token. */
  const publish = (...destinations: number[]) =>
    destinations.map((count) => confirms.next(count)) as PublishToken[];
  const written = () => {
    confirms.flush();
    return frames.splice(0);
  };

  it('writes nothing while nothing is settled', () => {
    publish(1, 2);
    expect(written()).to.deep.equal([]);
    expect(due).to.equal(0);
  });

  it('confirms what goes to no queue at once, without a token', () => {
    expect(confirms.next(0)).to.equal(null);
    expect(due).to.equal(1);
    expect(frames).to.deep.equal([]);
    expect(written()).to.deep.equal(['ack 1']);
    expect(written()).to.deep.equal([]);
  });

  it('makes one frame of what was settled in order', () => {
    for (const token of publish(1, 1, 1)) token.settle('confirmed');
    expect(written()).to.deep.equal(['ack 3 multiple']);
    for (const token of publish(1)) token.settle('confirmed');
    expect(written()).to.deep.equal(['ack 4']);
  });

  it('waits for the last of a publish’s queues', () => {
    const [token] = publish(3);
    token?.settle('confirmed');
    token?.settle('confirmed');
    expect(written()).to.deep.equal([]);
    token?.settle('confirmed');
    expect(written()).to.deep.equal(['ack 1']);
  });

  it('rejects a publish that one of its queues rejected', () => {
    const [a, b] = publish(2, 2);
    a?.settle('rejected');
    a?.settle('confirmed');
    b?.settle('confirmed');
    b?.settle('rejected');
    expect(written()).to.deep.equal(['nack 1 multiple', 'nack 2 multiple']);
  });

  it('writes a nack by itself, after what came before it', () => {
    const tokens = publish(1, 1, 1, 1);
    const outcomes = ['confirmed', 'confirmed', 'rejected', 'confirmed'] as const;
    for (const [i, outcome] of outcomes.entries()) tokens[i]?.settle(outcome);
    expect(written()).to.deep.equal(['ack 2 multiple', 'nack 3 multiple', 'ack 4']);
  });

  it('confirms early ones by themselves and never again', () => {
    const [a, b, c, d] = publish(1, 1, 1, 1);
    c?.settle('confirmed');
    b?.settle('rejected');
    expect(written()).to.deep.equal(['ack 3', 'nack 2']);
    a?.settle('confirmed');
    d?.settle('confirmed');
    expect(written()).to.deep.equal(['ack 1', 'ack 4']);
    for (const token of publish(1, 1)) token.settle('confirmed');
    expect(written()).to.deep.equal(['ack 6 multiple']);
  });

  it('never lets an ack cover an early one that was rejected, nor one that is unsettled', () => {
    const [a, b, c, d] = publish(1, 1, 1, 1);
    a?.settle('confirmed');
    c?.settle('rejected');
    expect(written()).to.deep.equal(['nack 3', 'ack 1']);
    d?.settle('confirmed');
    b?.settle('confirmed');
    expect(written()).to.deep.equal(['ack 4', 'ack 2']);
  });

  it('settles each once for its client, in whatever order queues answer', () => {
    const step = fc.record({
      act: fc.constantFrom('publish', 'settle', 'settle', 'flush'),
      pick: fc.nat(1000),
      destinations: fc.nat(3),
      outcome: fc.constantFrom('confirmed', 'confirmed', 'confirmed', 'rejected'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const client = new Client();
        for (const { act, pick, destinations, outcome } of steps) {
          if (act === 'publish') client.publish(destinations);
          else if (act === 'flush') client.flush();
          else client.settle(pick, outcome as 'confirmed' | 'rejected');
        }
        client.settleAll();
        client.flush();
        expect(client.outstanding.size).to.equal(0);
      }),
      { numRuns: 500 },
    );
  });
});

/** A publisher that minds every frame: what it covers must be settled, and not confirmed before. */
class Client {
  /** Sequences without a confirm yet. */
  readonly outstanding = new Set<number>();
  readonly #open: { readonly sequence: number; readonly token: PublishToken; left: number }[] = [];
  readonly #rejected = new Set<number>();
  readonly #settled = new Set<number>();
  #last = 0;
  #isDue = false;
  readonly #confirms = new Confirms(
    (sequence, multiple, positive) => this.#frame(sequence, multiple, positive),
    () => {
      this.#isDue = true;
    },
  );

  publish(destinations: number): void {
    const sequence = ++this.#last;
    this.outstanding.add(sequence);
    if (destinations === 0) this.#settled.add(sequence);
    const token = this.#confirms.next(destinations);
    if (token !== null) this.#open.push({ sequence, token, left: destinations });
  }

  settle(pick: number, outcome: 'confirmed' | 'rejected'): void {
    const at = pick % (this.#open.length || 1);
    const publish = this.#open[at];
    if (publish === undefined) return;
    if (outcome === 'rejected') this.#rejected.add(publish.sequence);
    if (--publish.left === 0) {
      this.#settled.add(publish.sequence);
      this.#open.splice(at, 1);
    }
    publish.token.settle(outcome);
  }

  settleAll(): void {
    while (this.#open.length > 0) this.settle(this.#open.length - 1, 'confirmed');
  }

  flush(): void {
    const before = this.outstanding.size;
    this.#confirms.flush();
    if (this.outstanding.size !== before) expect(this.#isDue, 'it was told').to.equal(true);
    this.#isDue = false;
  }

  #frame(sequence: number, multiple: boolean, positive: boolean): void {
    expect(this.outstanding.has(sequence), `${sequence} waits`).to.equal(true);
    const covered = multiple
      ? [...this.outstanding].filter((each) => each <= sequence)
      : [sequence];
    for (const each of covered) {
      expect(this.#settled.has(each), `${each} is settled`).to.equal(true);
      expect(this.#rejected.has(each), `${each} is rejected`).to.equal(!positive);
      this.outstanding.delete(each);
    }
  }
}
