/** Percentile arithmetic and FIFO latency. */
import { expect } from 'chai';
import { FifoLatency, LatencySamples, median, percentile } from '../../../bench/support/latency.ts';

describe('bench percentiles', () => {
  it('takes the nearest rank', () => {
    const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    expect(percentile(hundred, 0.5)).to.equal(50);
    expect(percentile(hundred, 0.95)).to.equal(95);
    expect(percentile(hundred, 0.99)).to.equal(99);
    expect(percentile(hundred, 1)).to.equal(100);
    expect(percentile(hundred, 0)).to.equal(1);
  });

  it('answers for one sample and for none', () => {
    expect(percentile(Float64Array.of(7), 0.99)).to.equal(7);
    expect(percentile(new Float64Array(0), 0.99)).to.equal(0);
  });

  it('has a median of odd and even numbers of values', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([10, 1, 4, 2])).to.equal(3);
    expect(median([])).to.satisfy(Number.isNaN);
  });
});

describe('bench latency samples', () => {
  it('has nothing to say of no samples', () => {
    expect(new LatencySamples(4).percentiles()).to.equal(undefined);
  });

  it('sorts what came in any order', () => {
    const samples = new LatencySamples(8);
    for (const ms of [5, 1, 4, 2, 3]) samples.add(ms);
    expect(samples.percentiles()).to.deep.equal({ p50: 3, p95: 5, p99: 5, max: 5, count: 5 });
  });

  it('thins out when full, over the whole time, and keeps the exact maximum', () => {
    const samples = new LatencySamples(100);
    for (let i = 1; i <= 10_001; i++) samples.add(i);
    const result = samples.percentiles();
    expect(result?.count).to.be.within(50, 100);
    expect(result?.p50).to.be.within(4700, 5300);
    expect(result?.max).to.equal(10_001);
  });

  it('starts over after clear()', () => {
    const samples = new LatencySamples(4);
    for (let i = 0; i < 100; i++) samples.add(1000);
    samples.clear();
    samples.add(1);
    expect(samples.percentiles()).to.include({ p50: 1, max: 1, count: 1 });
  });
});

describe('bench FIFO latency', () => {
  it('samples each mark once, when its number is reached', () => {
    const fifo = new FifoLatency();
    for (let i = 1; i <= 20_000; i++) fifo.mark(i);
    fifo.reach(0);
    expect(fifo.samples.percentiles()).to.equal(undefined);
    fifo.reach(15_000.5);
    expect(fifo.samples.percentiles()?.count).to.equal(15_000);
    fifo.reach(15_000);
    fifo.reach(30_000);
    expect(fifo.samples.percentiles()?.count).to.equal(20_000);
  });
});
