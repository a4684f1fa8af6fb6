/**
 * One policy: which queues and exchanges of a virtual host get which settings (B.2).
 *
 * Responsible for reading one from what somebody gave, with RabbitMQ's words for what is wrong, and
 * for what it matches. Not responsible for which policy wins (policies.ts).
 */
import { Pattern, PatternError } from '../../lib/pattern.ts';
import { POLICY_KEYS } from './policy-keys.ts';

export const APPLY_TO = [
  'all',
  'exchanges',
  'queues',
  'classic_queues',
  'quorum_queues',
  'streams',
] as const;
export type ApplyTo = (typeof APPLY_TO)[number];

/** A policy as RabbitMQ's tools write it. `pattern` is a regular expression on names. */
export interface PolicyDefinition {
  readonly name: string;
  readonly pattern: string;
  /** Default: all. */
  readonly 'apply-to'?: ApplyTo | undefined;
  /** The highest that matches wins; default: 0. */
  readonly priority?: number | undefined;
  readonly definition: Readonly<Record<string, unknown>>;
}

/** A policy that cannot be set; the message is RabbitMQ's. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';

  constructor(reason: string) {
    super(`Validation failed\n\n${reason}`);
  }
}

/** What a policy may apply to. */
export interface PolicyTarget {
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
  /** Of a queue. */
  readonly type?: unknown;
}

export class Policy {
  readonly name: string;
  readonly pattern: string;
  readonly applyTo: ApplyTo;
  readonly priority: number;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly #pattern: Pattern;

  /** @throws PolicyError */
  constructor(given: PolicyDefinition, isOperator: boolean) {
    const { name, pattern, priority = 0, definition } = given;
    const applyTo = given['apply-to'] ?? 'all';
    this.name = name;
    this.pattern = pattern;
    this.applyTo = applyTo;
    this.priority = priority;
    this.definition = definition;
    this.#pattern = compiled(pattern);
    if (!APPLY_TO.includes(applyTo)) {
      const known = APPLY_TO.map((each) => `'${each}'`).join(', ');
      throw new PolicyError(`apply-to '${applyTo}' unrecognised; should be one of: ${known}`);
    }
    if (!Number.isSafeInteger(priority)) {
      throw new PolicyError(`priority should be a number, actually was ${shown(priority)}`);
    }
    checkDefinition(definition, isOperator);
  }

  matches({ kind, name, type }: PolicyTarget): boolean {
    return this.#appliesTo(kind, type) && this.#pattern.matches(name);
  }

  /** As RabbitMQ's tools write it. */
  toJSON(): PolicyDefinition {
    const { name, pattern, applyTo, priority, definition } = this;
    return { name, pattern, 'apply-to': applyTo, priority, definition };
  }

  #appliesTo(kind: PolicyTarget['kind'], type: unknown): boolean {
    if (this.applyTo === 'all') return true;
    if (kind === 'exchange') return this.applyTo === 'exchanges';
    if (this.applyTo === 'queues') return true;
    return this.applyTo === (type === 'stream' ? 'streams' : `${String(type)}_queues`);
  }
}

function compiled(pattern: unknown): Pattern {
  if (typeof pattern !== 'string') {
    throw new PolicyError(`pattern should be binary, actually was ${shown(pattern)}`);
  }
  try {
    // The empty pattern matches every name here, where one of permissions matches none.
    return new Pattern(pattern === '' ? '.*' : pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new PolicyError(
      `pattern should be regular expression, but ${pattern} cannot be used: ${error.message}`,
    );
  }
}

function checkDefinition(definition: unknown, isOperator: boolean): void {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    throw new PolicyError(`definition should be a map, actually was ${shown(definition)}`);
  }
  const entries = Object.entries(definition);
  if (entries.length === 0) throw new PolicyError('no policy provided');
  const unknown = entries
    .map(([key]) => key)
    .filter((key) => !POLICY_KEYS.has(key) || (isOperator && !POLICY_KEYS.get(key)?.operator));
  if (unknown.length !== 0) {
    throw new PolicyError(`${JSON.stringify(unknown)} are not recognised policy settings`);
  }
  for (const [key, value] of entries) {
    const known = POLICY_KEYS.get(key);
    if (known?.accepts(value)) continue;
    throw new PolicyError(`${shown(value)} is not a valid ${known?.called}`);
  }
}

/** As Erlang shows it: texts are binaries there. */
function shown(value: unknown): string {
  return typeof value === 'string' ? `<<"${value}">>` : (JSON.stringify(value) ?? 'undefined');
}
