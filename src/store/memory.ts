/**
 * The memory engine: what a broker without a data folder has. Queues and definitions are in the
 * broker's memory anyway, and nothing else is kept.
 */
import type { DurabilityToken, MetadataStore, Store } from './port.ts';

class MemoryMetadata implements MetadataStore {
  readonly isPending = false;

  entries(): Iterable<readonly [key: string, value: string]> {
    return [];
  }

  put(): void {
    // Whoever puts it has it in memory.
  }

  delete(): void {
    // Nor is there anything to forget.
  }

  whenDurable(done: () => void): void {
    done();
  }
}

export class MemoryStore implements Store {
  readonly metadata: MetadataStore;
  readonly isFull = false;

  constructor(metadata: MetadataStore = new MemoryMetadata()) {
    this.metadata = metadata;
  }

  queue(): null {
    return null;
  }

  temporary(): null {
    return null;
  }

  relieve(): null {
    return null;
  }

  group(work: () => void): boolean {
    work();
    return false;
  }

  whenSafe(token: DurabilityToken): void {
    token.settle('confirmed');
  }

  whenRoom(resume: () => void): void {
    resume();
  }

  started(): number {
    return 0;
  }

  async close(): Promise<boolean> {
    return true;
  }
}
