// Both dialects of sizes were compared with RabbitMQ 3.10.8.
import { expect } from 'chai';
import { decimalNumber, frameSize, memorySize, wholeNumber } from '../../../src/config/units.ts';

describe('sizes and numbers of rabbitmq.conf', () => {
  it('whole numbers', () => {
    expect(['4', '+4', '-4'].map(wholeNumber)).to.deep.equal([4, 4, -4]);
    for (const text of ['', '4.0', '0x4', '4a', ' 4', '1e3'])
      expect(wholeNumber(text)).to.equal(undefined);
  });

  it('numbers with a fraction', () => {
    expect(['0.4', '1', '-0.5'].map(decimalNumber)).to.deep.equal([0.4, 1, -0.5]);
    for (const text of ['', '.4', '4e-1', 'x']) expect(decimalNumber(text)).to.equal(undefined);
  });

  it('frame sizes: powers of 1024', () => {
    const sizes = ['5', '5kb', '5KB', '5mb', '5GB'].map(frameSize);
    expect(sizes).to.deep.equal([5, 5120, 5120, 5 * 1024 ** 2, 5 * 1024 ** 3]);
    for (const text of ['', '5MiB', '5M', '5 MB', '-5'])
      expect(frameSize(text)).to.equal(undefined);
  });

  it('memory sizes: MB is a power of 1000, M and MiB are of 1024', () => {
    const sizes = ['5', '5k', '5kB', '5KB', '5MB', '5M', '5MiB', '5gb', '5GiB'].map(memorySize);
    const mebi = 1024 ** 2;
    expect(sizes).to.deep.equal([
      5,
      5120,
      5000,
      5000,
      5_000_000,
      5 * mebi,
      5 * mebi,
      5e9,
      5 * 1024 * mebi,
    ]);
    for (const text of ['', '1.5GB', '5B', '5 MB', '5Mi', ' 5MB']) {
      expect(memorySize(text), text).to.equal(undefined);
    }
  });
});
