/**
 * What a parity scenario is: a name, the rows of the compatibility reference that it shows, and a
 * few lines that talk to one broker. It is run once against each of two brokers and states no
 * expectation: what comes back is written down and compared.
 */
import type { Stage } from './stage.ts';

export interface Scenario {
  /** Unique among the scenarios of its subject. */
  readonly name: string;
  /** Rows of the reference: `A3.2`, or `A.4` for its table. */
  readonly shows: string;
  /** Needs the users, vhosts and limits of test/support/world.ts. */
  readonly needsWorld?: boolean;
  readonly run: (stage: Stage) => Promise<void>;
}

/** A file of scenarios. */
export interface Subject {
  readonly subject: string;
  readonly scenarios: readonly Scenario[];
}

/** One scenario, in the order in which it is read. */
export function scenario(
  shows: string,
  name: string,
  run: (stage: Stage) => Promise<void>,
): Scenario {
  return { name, shows, run };
}

/** As scenario(), for one that needs more than guest and `/`. */
export function inWorld(
  shows: string,
  name: string,
  run: (stage: Stage) => Promise<void>,
): Scenario {
  return { name, shows, run, needsWorld: true };
}
