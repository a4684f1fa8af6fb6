/**
 * Which scenarios programs are asked for. The others are skipped here, each with its reason, and no
 * program hears of them.
 */
import type { Scenario } from './matrix.ts';
import type { Outcome } from './programs.ts';

export interface Asked {
  readonly scenarios: readonly Scenario[];
  /** The outcomes of all others, by scenario name. */
  readonly skipped: ReadonlyMap<string, Outcome>;
}

/** Divides the list for the kind of broker that programs are run against. */
export function askedOf(scenarios: readonly Scenario[], broker: 'leveret' | 'rabbitmq'): Asked {
  const asked: Scenario[] = [];
  const skipped = new Map<string, Outcome>();
  for (const scenario of scenarios) {
    const { name, leveretOnly } = scenario;
    if (broker === 'leveret' || leveretOnly === undefined) asked.push(scenario);
    else skipped.set(name, { status: 'skipped', reason: `not on RabbitMQ: ${leveretOnly}` });
  }
  return { scenarios: asked, skipped };
}
