/**
 * The policies and operator policies of one virtual host.
 *
 * Responsible for which of them is in force for a queue or an exchange, for telling it at once when
 * that changes, and for writing them down. Not responsible for how they are merged (settings.ts).
 */
import type { Exchange } from '../exchange.ts';
import type { Queue } from '../queue.ts';
import { Policy, type PolicyDefinition } from './policy.ts';
import { effectiveSettings, exchangeSettings, mergedDefinition } from './settings.ts';

export type PolicyKind = 'policy' | 'operator-policy';
type Target = Queue | Exchange;

/** What is in force for one target. */
interface Chosen {
  policy: Policy | null;
  operator: Policy | null;
}

/** Queues and exchanges that are looked at in one turn of the loop. */
const STEP = 500;

export interface PoliciesParts {
  targets(): Iterable<Target>;
  /** Whether it was not deleted meanwhile. */
  has(target: Target): boolean;
  /** Runs `fn` once the loop has looked at its sockets. */
  defer(fn: () => void): void;
  /** A policy was set, or cleared where it is null. */
  changed(kind: PolicyKind, name: string, policy: Policy | null): void;
  /** Another policy is in force for it, or the same with another definition. */
  applied(target: Target): void;
}

const NONE: Chosen = Object.freeze({ policy: null, operator: null });

export class Policies {
  readonly #parts: PoliciesParts;
  readonly #policies = new Map<string, Policy>();
  readonly #operators = new Map<string, Policy>();
  /** Those for which there is one. */
  readonly #chosen = new WeakMap<Target, Chosen>();

  constructor(parts: PoliciesParts) {
    this.#parts = parts;
  }

  /** All of one kind, in the order in which their names were first set. */
  all(kind: PolicyKind): Iterable<Policy> {
    return this.#byName(kind).values();
  }

  /** Sets a policy, in place of one of the same name. @throws PolicyError */
  set(kind: PolicyKind, given: PolicyDefinition): void {
    const policy = new Policy(given, kind === 'operator-policy');
    const before = this.#byName(kind).get(policy.name) ?? null;
    this.#byName(kind).set(policy.name, policy);
    this.#parts.changed(kind, policy.name, policy);
    this.#changed(kind, before, policy);
  }

  /** Takes a policy away; whether there was one. */
  clear(kind: PolicyKind, name: string): boolean {
    const before = this.#byName(kind).get(name);
    if (before === undefined) return false;
    this.#byName(kind).delete(name);
    this.#parts.changed(kind, name, null);
    this.#changed(kind, before, null);
    return true;
  }

  /** Puts in force for a new queue or exchange what matches it. */
  attach(target: Target): void {
    if (this.#policies.size !== 0 || this.#operators.size !== 0) this.#choose(target);
  }

  /** The name of the policy that is in force for it; null for none. */
  nameFor(kind: PolicyKind, target: Target): string | null {
    const { policy, operator } = this.#chosen.get(target) ?? NONE;
    return (kind === 'policy' ? policy : operator)?.name ?? null;
  }

  /** What the policies in force for it say together (`effective_policy_definition`). */
  definitionFor(target: Target): Readonly<Record<string, unknown>> {
    const { policy, operator } = this.#chosen.get(target) ?? NONE;
    return mergedDefinition(policy, operator);
  }

  #byName(kind: PolicyKind): Map<string, Policy> {
    return kind === 'policy' ? this.#policies : this.#operators;
  }

  /**
   * Chooses anew where it may make a difference. There may be thousands of queues: the first are
   * told at once, the others a step of them in each turn of the loop.
   */
  #changed(
    kind: PolicyKind,
    before: Policy | null,
    after: Policy | null,
    targets: Iterator<Target> = this.#parts.targets()[Symbol.iterator](),
  ): void {
    for (let left = STEP; left > 0; left--) {
      const { value: target, done } = targets.next();
      if (done === true) return;
      if (!this.#parts.has(target)) continue;
      const { policy, operator } = this.#chosen.get(target) ?? NONE;
      const current = kind === 'policy' ? policy : operator;
      const isWorse = current !== null && after !== null && after.priority < current.priority;
      const wasChosen = before !== null && current === before;
      if (wasChosen || (!isWorse && after?.matches(target))) this.#choose(target);
    }
    this.#parts.defer(() => this.#changed(kind, before, after, targets));
  }

  #choose(target: Target): void {
    const old = this.#chosen.get(target) ?? NONE;
    const policy = highest(this.#policies.values(), target);
    const operator = highest(this.#operators.values(), target);
    if (policy === old.policy && operator === old.operator) return;
    this.#chosen.set(target, { policy, operator });
    if (target.kind === 'exchange') target.applyPolicy(exchangeSettings(policy));
    else target.apply(effectiveSettings(target.arguments, target.type, policy, operator));
    this.#parts.applied(target);
  }
}

function highest(policies: Iterable<Policy>, target: Target): Policy | null {
  let best: Policy | null = null;
  for (const policy of policies) {
    if ((best === null || policy.priority > best.priority) && policy.matches(target)) best = policy;
  }
  return best;
}
