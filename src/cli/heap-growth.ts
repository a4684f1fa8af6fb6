/**
 * How far V8's heap may grow from one collection of all of it to the next.
 *
 * V8 sets that by the size of the heap, and counts the octets with it that were allocated beside
 * it since. A broker passes a gigabyte a second through buffers that die young, beside a heap of
 * 10 MB: all of it was gone through twenty times a second. Here a small heap may grow by
 * `ROOM_BYTES`; a large one is left to V8. The flag is one of the process, so that only the program
 * sets it, and nothing that is embedded.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const ROOM_BYTES = 64 * 1024 * 1024;
/** Under this V8 by itself allows more, or has reasons not to. */
const LEAST_PERCENT = 100;
const MOST_PERCENT = 500;
const LOOK_MS = 500;

/** For V8's flag of that name, with a heap of `usedBytes`; 0 leaves it to V8. */
export function heapGrowingPercent(usedBytes: number): number {
  const percent = Math.round((ROOM_BYTES / usedBytes) * 100);
  return percent < LEAST_PERCENT ? 0 : Math.min(percent, MOST_PERCENT);
}

/** Gives the heap of this process its room, and looks at its size twice a second. */
export function watchHeapGrowth(): void {
  const set = (): void => {
    const percent = heapGrowingPercent(getHeapStatistics().used_heap_size);
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  };
  set();
  setInterval(set, LOOK_MS).unref();
}
