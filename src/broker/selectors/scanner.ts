/** Takes the text of a selector apart. */
import { SelectorError } from './selector.ts';

export interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign' | 'end';
  /** As it means: unquoted; words as they stand. */
  readonly value: string;
  /** Where it starts, counted from 1. */
  readonly at: number;
}

const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['number', /0[xX][\da-fA-F]+[lL]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[lLfFdD]?/y],
  ['word', /[\p{L}_$][\p{L}\p{N}_$.]*/uy],
  ['text', /'(?:[^']|'')*'/y],
  ['quoted', /"(?:[^"]|"")*"/y],
  ['sign', /<>|<=|>=|!=|[=<>+\-*/%(),]/y],
];
const BLANK = /\s*/y;

export function scan(selector: string): Token[] {
  const tokens: Token[] = [];
  for (let at = skipBlank(selector, 0); at < selector.length; at = skipBlank(selector, at)) {
    const [kind, raw] = tokenAt(selector, at);
    tokens.push({ kind, value: meaningOf(kind, raw), at: at + 1 });
    at += raw.length;
  }
  return [...tokens, { kind: 'end', value: '', at: selector.length + 1 }];
}

function skipBlank(selector: string, at: number): number {
  BLANK.lastIndex = at;
  return at + (BLANK.exec(selector)?.[0].length ?? 0);
}

function tokenAt(selector: string, at: number): readonly [Token['kind'], string] {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(selector)?.[0];
    if (found !== undefined) return [kind, found];
  }
  const [character] = selector.slice(at);
  const isOpen = character === "'" || character === '"';
  throw new SelectorError(
    isOpen ? `no end of the quote at ${at + 1}` : `unexpected ${character} at ${at + 1}`,
  );
}

function meaningOf(kind: Token['kind'], raw: string): string {
  if (kind === 'text') return raw.slice(1, -1).replaceAll("''", "'");
  if (kind === 'quoted') return raw.slice(1, -1).replaceAll('""', '"');
  return raw === '!=' ? '<>' : raw;
}
