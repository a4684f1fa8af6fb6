/**
 * Work on many files, for a few of them at the same time: one waits for the disk while another is
 * prepared.
 */

/** Fewer than Node has threads for files, which are 4: the journal needs one, and is waited for. */
const AT_ONCE = 3;

/** Does `work` for each. @throws what the first that fails throws, once none is under way */
export async function atOnce<T>(all: Iterable<T>, work: (each: T) => Promise<void>): Promise<void> {
  const left = all[Symbol.iterator]();
  const doNext = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, doNext));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
