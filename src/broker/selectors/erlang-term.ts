/** Reads the Erlang terms that compiled selectors are written in, up to the dot at their end. */
import { MAX_SELECTOR_DEPTH, SelectorError } from './selector.ts';

export interface Atom {
  readonly atom: string;
}

/** Binaries are text; there are no strings, maps or functions. */
export type Term = string | number | Atom | { readonly tuple: readonly Term[] } | readonly Term[];

export function isAtom(term: Term | undefined, name?: string): term is Atom {
  if (typeof term !== 'object' || !('atom' in term)) return false;
  return name === undefined || term.atom === name;
}

const BLANK = /\s*/y;
const NUMBER = /-?\d+(?:\.\d+(?:[eE][+-]?\d+)?)?/y;
const ATOM = /[a-z][\w@]*/y;
const QUOTED_ATOM = /'((?:[^'\\]|\\[\s\S])*)'/y;
const BINARY = /<<\s*(?:"((?:[^"\\]|\\[\s\S])*)"\s*(?:\/\s*utf8\s*)?)?>>/y;
const ESCAPED = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|([\s\S]))/g;
const CONTROLS: Readonly<Record<string, string>> = {
  ...{ b: '\b', d: '\x7f', e: '\x1b', f: '\f', n: '\n', r: '\r', s: ' ', t: '\t', v: '\v' },
};

/** @throws SelectorError when it is none, or has no dot at its end */
export function parseTerm(text: string): Term {
  const reader = new Reader(text);
  const term = reader.term(0);
  reader.expect('.');
  reader.expectEnd();
  return term;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  term(depth: number): Term {
    if (depth > MAX_SELECTOR_DEPTH)
      throw new SelectorError(`more than ${MAX_SELECTOR_DEPTH} levels deep`);
    if (this.#take('{')) return { tuple: this.#items('}', depth) };
    if (this.#take('[')) return this.#items(']', depth);
    const binary = this.#match(BINARY);
    if (binary !== null) return unescaped(binary[1] ?? '');
    const number = this.#match(NUMBER);
    if (number !== null) return Number(number[0]);
    const quoted = this.#match(QUOTED_ATOM);
    if (quoted !== null) return { atom: unescaped(quoted[1] as string) };
    const atom = this.#match(ATOM);
    if (atom === null) throw this.#unexpected();
    return { atom: atom[0] };
  }

  expect(character: string): void {
    if (!this.#take(character)) throw this.#unexpected();
  }

  expectEnd(): void {
    this.#skipBlank();
    if (this.#at !== this.#text.length) throw this.#unexpected();
  }

  #items(end: string, depth: number): Term[] {
    const items: Term[] = [];
    if (this.#take(end)) return items;
    do items.push(this.term(depth + 1));
    while (this.#take(','));
    this.expect(end);
    return items;
  }

  #take(character: string): boolean {
    this.#skipBlank();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #skipBlank(): void {
    this.#match(BLANK);
  }

  #unexpected(): SelectorError {
    const character = this.#text[this.#at];
    if (character === undefined) return new SelectorError('unexpected end');
    return new SelectorError(`unexpected ${character} at ${this.#at + 1}`);
  }
}

function unescaped(text: string): string {
  return text.replace(ESCAPED, (_, octal?: string, hex?: string, character?: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return CONTROLS[character as string] ?? (character as string);
  });
}
