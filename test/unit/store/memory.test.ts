import { expect } from 'chai';
import { MemoryStore } from '../../../src/store/memory.ts';
import type { MetadataStore } from '../../../src/store/port.ts';

describe('MemoryStore', () => {
  it('keeps nothing, and nobody waits for it', () => {
    const metadata: MetadataStore = new MemoryStore().metadata;
    metadata.put('a', '1');
    metadata.delete('a');
    expect([...metadata.entries()]).to.deep.equal([]);
    expect(metadata.isPending).to.equal(false);
    let called = false;
    metadata.whenDurable(() => {
      called = true;
    });
    expect(called).to.equal(true);
  });
});
