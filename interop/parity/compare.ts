/** Judges one scenario: two transcripts and what is known about it. Pure. */
import { diffArrays } from 'diff';
import type { KnownDifference } from './known.ts';

export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'known'; readonly reason: string }
  | { readonly kind: 'differs' | 'other' | 'gone'; readonly lines: readonly string[] };

/** The lines that only one side has: `-` the first, `+` the second. */
export function differences(theirs: readonly string[], ours: readonly string[]): string[] {
  return diffArrays([...theirs], [...ours]).flatMap(({ added, removed, value }) =>
    added || removed ? value.map((line) => `${added ? '+' : '-'} ${line}`) : [],
  );
}

/**
 * `differs`: unknown; `other`: known, but these are not the lines; `gone`: known, and nothing
 * differs any more.
 */
export function judge(lines: readonly string[], known: KnownDifference | undefined): Verdict {
  if (known === undefined)
    return lines.length === 0 ? { kind: 'same' } : { kind: 'differs', lines };
  if (lines.length === 0) return { kind: 'gone', lines: known.differs };
  const pinned = known.differs.join('\n') === lines.join('\n');
  return pinned ? { kind: 'known', reason: known.reason } : { kind: 'other', lines };
}
