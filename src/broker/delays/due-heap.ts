/** The next by time, and by arrival among those of one time, first. */
import { Heap } from '../../lib/heap.ts';

export interface Due {
  readonly dueAtMs: number;
  /** Grows with each arrival. */
  readonly id: number;
}

const isBefore = (a: Due, b: Due): boolean =>
  a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.id < b.id);

export class DueHeap<T extends Due> extends Heap<T> {
  constructor() {
    super(isBefore);
  }
}
