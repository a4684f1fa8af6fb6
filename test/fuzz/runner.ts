// Feeds a target inputs made from a seed, and stops at the first finding: something thrown that is
// no refusal, a refusal by an unexpected name, or a heap that grows beyond bounds. Counts how
// inputs ended. Prints nothing: main.ts does.
import type { ReplyName } from '../../protocol/constants.ts';
import { makeInput } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzTarget, Outcome } from './target.ts';

/** Inputs between two looks at the heap. */
const SAMPLE_INPUTS = 1000;
/** How much heap and external memory may grow over what they were after the warm-up, in octets. */
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
/** Samples before the size to compare with is taken. */
const WARM_UP_SAMPLES = 5;

export interface FuzzOptions {
  readonly target: FuzzTarget;
  readonly seed: number;
  /** How many inputs, and the number of the first. */
  readonly inputs: number;
  readonly from?: number;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: ReadonlyMap<ReplyName, number>;
  /** The largest heap plus external memory that was sampled, in octets. */
  readonly peakBytes: number;
}

/** A finding, with all that it takes to see it again. */
export class FuzzFailure extends Error {
  readonly seed: number;
  readonly index: number;
  readonly input: readonly Buffer[];

  constructor(
    what: string,
    seed: number,
    index: number,
    input: readonly Buffer[],
    cause?: unknown,
  ) {
    super(what, { cause });
    this.name = 'FuzzFailure';
    this.seed = seed;
    this.index = index;
    this.input = input;
  }
}

/** Watches that memory stays near what it was after a warm-up. */
class MemoryWatch {
  peakBytes = 0;
  #samples = 0;
  #limitBytes = Number.POSITIVE_INFINITY;

  /** Whether memory is still within bounds. */
  sample(): boolean {
    const { heapUsed, external } = process.memoryUsage();
    const bytes = heapUsed + external;
    this.peakBytes = Math.max(this.peakBytes, bytes);
    this.#samples++;
    if (this.#samples === WARM_UP_SAMPLES) this.#limitBytes = bytes + MAX_GROWTH_BYTES;
    return bytes <= this.#limitBytes;
  }
}

/**
 * Runs the inputs `from` to `from + inputs`.
 * @throws FuzzFailure at the first finding
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { target, seed, inputs, from = 0 } = options;
  const refused = new Map<ReplyName, number>();
  const memory = new MemoryWatch();
  let accepted = 0;
  for (let index = from; index < from + inputs; index++) {
    const input = makeInput(Random.forInput(seed, index));
    const outcome = await outcomeOf(target, input, seed, index);
    if (outcome.kind === 'accepted') accepted++;
    else refused.set(outcome.reply, (refused.get(outcome.reply) ?? 0) + 1);
    if ((index + 1) % SAMPLE_INPUTS !== 0) continue;
    if (!memory.sample()) {
      throw new FuzzFailure(`memory grew to ${memory.peakBytes} octets`, seed, index, input);
    }
    options.onProgress?.(index + 1 - from);
  }
  memory.sample();
  return { inputs, accepted, refused, peakBytes: memory.peakBytes };
}

async function outcomeOf(
  target: FuzzTarget,
  input: readonly Buffer[],
  seed: number,
  index: number,
): Promise<Outcome> {
  let outcome: Outcome;
  try {
    const fed = target.feed(input);
    outcome = fed instanceof Promise ? await fed : fed;
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new FuzzFailure(`threw ${what}`, seed, index, input, error);
  }
  if (outcome.kind === 'refused' && !target.expected.has(outcome.reply)) {
    const what = `refused with ${outcome.reply} - ${outcome.message}`;
    throw new FuzzFailure(what, seed, index, input);
  }
  return outcome;
}
