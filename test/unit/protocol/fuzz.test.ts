// The fuzzer itself, short and always the same: the wire layer comes through 20,000 inputs, inputs
// depend on nothing but seed and number, and each kind of finding is found.
import { expect } from 'chai';
import type { ReplyName } from '../../../protocol/constants.ts';
import { CONVERSATIONS } from '../../fuzz/corpus.ts';
import { makeInput } from '../../fuzz/mutate.ts';
import { protocolTarget } from '../../fuzz/protocol-target.ts';
import { Random } from '../../fuzz/random.ts';
import { FuzzFailure, fuzz } from '../../fuzz/runner.ts';
import type { FuzzTarget, Outcome } from '../../fuzz/target.ts';

const SEED = 20_260_101;

function targetThat(feed: () => Outcome | Promise<Outcome>): FuzzTarget {
  return { name: 'fake', expected: new Set<ReplyName>(['FRAME_ERROR']), feed };
}

async function finding(target: FuzzTarget): Promise<FuzzFailure> {
  try {
    await fuzz({ target, seed: SEED, inputs: 3 });
  } catch (error) {
    if (error instanceof FuzzFailure) return error;
    throw error;
  }
  throw new Error('nothing found');
}

describe('fuzzing', () => {
  it('the wire layer comes through 20,000 inputs, and meets every kind of refusal', async () => {
    const report = await fuzz({ target: protocolTarget, seed: SEED, inputs: 20_000 });
    expect([...report.refused.keys()].sort()).to.deep.equal([...protocolTarget.expected].sort());
    const refused = [...report.refused.values()].reduce((sum, times) => sum + times, 0);
    expect(report.accepted).to.be.greaterThan(1000);
    expect(report.accepted + refused).to.equal(20_000);
    expect(report.peakBytes).to.be.greaterThan(0);
  });

  it('the conversations it starts from are accepted whole', async () => {
    for (const frames of CONVERSATIONS) {
      expect(await protocolTarget.feed(frames)).to.deep.equal({ kind: 'accepted' });
    }
  });

  it('an input is the same whenever it is made', () => {
    const make = (index: number): string =>
      makeInput(Random.forInput(SEED, index))
        .map((chunk) => chunk.toString('hex'))
        .join(' ');
    for (const index of [0, 1, 77, 19_999]) expect(make(index)).to.equal(make(index));
    expect(make(1)).to.not.equal(make(2));
  });

  it('what a target throws is found, with the seed, the number and the octets', async () => {
    let fed = 0;
    const target = targetThat(() => {
      fed++;
      if (fed === 2) throw new TypeError('oops');
      return { kind: 'accepted' };
    });
    const failure = await finding(target);
    expect(failure).to.include({ message: 'threw TypeError: oops', seed: SEED, index: 1 });
    expect(failure.input).to.deep.equal(makeInput(Random.forInput(SEED, 1)));
  });

  it('a rejection is found too', async () => {
    const failure = await finding(targetThat(() => Promise.reject(new Error('later'))));
    expect(failure.message).to.equal('threw Error: later');
  });

  it('a refusal by another name is found', async () => {
    const refuse = (): Outcome => ({ kind: 'refused', reply: 'NOT_FOUND', message: 'no' });
    const failure = await finding(targetThat(() => Promise.resolve(refuse())));
    expect(failure.message).to.equal('refused with NOT_FOUND - no');
  });
});
