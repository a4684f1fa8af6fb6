import { expect } from 'chai';
import { fromObject } from '../../../protocol/table.ts';
import { argumentsWithoutEffect } from '../../../src/broker/arguments.ts';

describe('argumentsWithoutEffect', () => {
  it('names what is accepted and not acted on yet', () => {
    const args = fromObject({ 'x-priority': 1, 'x-max-length': 1, 'x-expires': 1, other: 1 });
    expect(argumentsWithoutEffect(args)).to.deep.equal(['x-expires', 'x-max-length']);
    expect(argumentsWithoutEffect(fromObject({ 'x-queue-type': 'classic' }))).to.deep.equal([]);
    expect(argumentsWithoutEffect(new Map())).to.deep.equal([]);
  });
});
