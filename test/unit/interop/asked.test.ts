// Which scenarios of the interop run are left out, and what is said of them.
import { expect } from 'chai';
import { askedOf } from '../../../interop/runner/asked.ts';

describe('The scenarios of an interop run', () => {
  const common = { name: 'get', what: 'basic.get' };
  const own = { name: 'filter', what: 'x-filter', leveretOnly: 'its own argument' };

  it('are all of them on Leveret', () => {
    const { scenarios, skipped } = askedOf([own, common], 'leveret');
    expect(scenarios).to.deep.equal([own, common]);
    expect([...skipped]).to.deep.equal([]);
  });

  it('are those that a RabbitMQ can pass on one; the others are skipped, with the reason', () => {
    const { scenarios, skipped } = askedOf([own, common], 'rabbitmq');
    expect(scenarios).to.deep.equal([common]);
    expect([...skipped]).to.deep.equal([
      ['filter', { status: 'skipped', reason: 'not on RabbitMQ: its own argument' }],
    ]);
  });
});
