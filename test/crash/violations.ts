/**
 * What the broker did against its promises, in the order in which it was found.
 *
 * Responsible for keeping the findings with the round they belong to. Not responsible for finding
 * any (ledger/, definitions/, restart-checks.ts).
 */

/** `lost`: something that was promised is not there; it is counted on its own. */
export type Kind = 'lost' | 'other';

interface Violation {
  readonly kind: Kind;
  readonly round: number;
  readonly text: string;
}

/** More than this many are counted, but no longer kept. */
const MAX_KEPT = 50;

export class Violations {
  /** The round that is under way. */
  round = 0;
  readonly #kept: Violation[] = [];
  #count = 0;
  #lost = 0;

  get count(): number {
    return this.#count;
  }

  get lost(): number {
    return this.#lost;
  }

  get kept(): readonly Violation[] {
    return this.#kept;
  }

  add(text: string, kind: Kind = 'other'): void {
    this.#count++;
    if (kind === 'lost') this.#lost++;
    if (this.#kept.length < MAX_KEPT) this.#kept.push({ kind, round: this.round, text });
  }
}
