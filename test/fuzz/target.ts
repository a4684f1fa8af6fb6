// What a fuzz target is, and what may come of an input. A target is given the octets of one
// conversation in chunks and says how it ended; whatever it throws beside that is a finding.
import type { ReplyName } from '../../protocol/constants.ts';

export type Outcome =
  /** All of it was taken. */
  | { readonly kind: 'accepted' }
  /** It was refused with this reply name; the explanation is for the report. */
  | { readonly kind: 'refused'; readonly reply: ReplyName; readonly message: string };

export interface FuzzTarget {
  readonly name: string;
  /** The reply names with which it may refuse; any other is a finding. */
  readonly expected: ReadonlySet<ReplyName>;
  /** Runs one input from a fresh state. Rejects or throws only on what is a fault of ours. */
  feed(input: readonly Buffer[]): Outcome | Promise<Outcome>;
  /** Frees what the target holds; called once, after the last input. */
  close?(): Promise<void>;
}
