/**
 * The differences between the two brokers that are known, each with its reason: known.json. An
 * entry pins the very lines that differ, so that nothing new hides behind it.
 */
import { readFileSync } from 'node:fs';

export interface KnownDifference {
  /** `subject: name`. */
  readonly scenario: string;
  /** The RabbitMQ that behaves so. */
  readonly rabbitmq: string;
  readonly reason: string;
  /** `-` what RabbitMQ sent, `+` what Leveret sent. */
  readonly differs: readonly string[];
}

/** Reads known.json. Throws an Error when a scenario stands there twice or a reason is missing. */
export function readKnown(): ReadonlyMap<string, KnownDifference> {
  const path = new URL('known.json', import.meta.url);
  const entries = JSON.parse(readFileSync(path, 'utf8')) as KnownDifference[];
  const known = new Map<string, KnownDifference>();
  for (const entry of entries) {
    const { scenario, reason } = entry;
    if (known.has(scenario)) throw new Error(`known.json: ${scenario} stands there twice`);
    if (reason.trim() === '') throw new Error(`known.json: ${scenario} has no reason`);
    known.set(scenario, entry);
  }
  return known;
}
