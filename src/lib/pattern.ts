/**
 * Patterns of names: Perl-compatible regular expressions, as RabbitMQ takes them, on JavaScript's
 * engine.
 *
 * A pattern matches anywhere in a name unless it says `^` or `$`; the empty pattern matches nothing
 * (that is, only the empty name). What the two dialects write differently is translated; what
 * JavaScript lacks, or would silently read as something else, is refused when the pattern is made.
 * So is what could take exponential time with no way out: V8 can go on in linear time when a match
 * takes too long (see `leveret start`), but not with look-around or back-references, so these must
 * not come together with nested repetition. Each pattern remembers its answers.
 */

/** A pattern that cannot be used; the message says why. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** Answers remembered for a pattern; when one more comes, all are forgotten. */
export const MAX_REMEMBERED = 4096;

/** Inside a bracket expression. */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  ascii: '\\x00-\\x7f',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9a-fA-F',
};

/** Escaped letters that mean the same in both dialects. */
const SHARED_ESCAPES = 'bBdDsSwWnrtfcxk';
/** Escaped letters that JavaScript writes otherwise. */
const BRACKET_ESCAPES: Readonly<Record<string, string>> = {
  a: '\\x07',
  e: '\\x1b',
  h: ' \\t\\xa0',
};
/** Names have one line, so the ends of the text are the ends of a line. */
const ESCAPES: Readonly<Record<string, string>> = {
  ...BRACKET_ESCAPES,
  h: '[ \\t\\xa0]',
  A: '^',
  Z: '$',
  z: '$',
};

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** One group that is open while a pattern is read. */
interface Group {
  /** It has something in it that may repeat without end. */
  repeats: boolean;
}

class Translation {
  readonly #pattern: string;
  #at = 0;
  #source = '';
  readonly #groups: Group[] = [{ repeats: false }];
  /** A group that has just been closed, and may be repeated. */
  #closed: Group | undefined;
  #nests = false;
  #needsBacktracking = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  run(): RegExp {
    const flags = this.#flags();
    while (this.#at < this.#pattern.length) this.#step();
    if (this.#nests && this.#needsBacktracking) {
      throw new PatternError('nested repetition together with look-around or back-references');
    }
    try {
      return new RegExp(this.#source, flags);
    } catch (error) {
      throw new PatternError(error instanceof Error ? error.message : String(error));
    }
  }

  /** Option letters at the very start, such as `(?i)`. */
  #flags(): string {
    const [found = '', letters = ''] = /^\(\?([a-zA-Z]+)\)/.exec(this.#pattern) ?? [];
    if (/[^ims]/.test(letters)) throw new PatternError(`option (?${letters}) is not supported`);
    this.#at = found.length;
    // Names have one line: `m` changes nothing.
    return [...new Set(letters.replaceAll('m', ''))].join('');
  }

  #step(): void {
    const rest = this.#pattern.slice(this.#at);
    const closed = this.#closed;
    this.#closed = undefined;
    const [repetition] = /^(?:[*+]|\{\d+,\})/.exec(rest) ?? [];
    if (repetition !== undefined) this.#repeat(repetition, closed);
    else if (rest[0] === '\\') this.#escape(rest, false);
    else if (rest[0] === '[') this.#bracket();
    else if (rest[0] === '(') this.#open(rest);
    else if (rest[0] === ')') this.#close();
    else this.#take(1);
  }

  #take(length: number): void {
    this.#put(this.#pattern.slice(this.#at, this.#at + length), length);
  }

  /** Writes `source` for the next `length` characters of the pattern. */
  #put(source: string, length: number): void {
    this.#source += source;
    this.#at += length;
  }

  #repeat(repetition: string, closed: Group | undefined): void {
    if (closed?.repeats) this.#nests = true;
    for (const group of this.#groups) group.repeats = true;
    this.#take(repetition.length);
  }

  #open(rest: string): void {
    if (/^\(\?<?[=!]/.test(rest)) this.#needsBacktracking = true;
    this.#groups.push({ repeats: false });
    if (rest.startsWith('(?P<')) this.#put('(?<', 4);
    else this.#take(1);
  }

  #close(): void {
    this.#closed = this.#groups.length > 1 ? this.#groups.pop() : undefined;
    this.#take(1);
  }

  #escape(rest: string, inBracket: boolean): void {
    const letter = rest[1];
    if (letter === undefined) throw new PatternError('\\ at end of pattern');
    const translated = inBracket ? BRACKET_ESCAPES[letter] : ESCAPES[letter];
    if (letter === 'Q' && !inBracket) this.#quoted(rest);
    else if (translated !== undefined) this.#put(translated, 2);
    else this.#sharedEscape(rest, letter, inBracket);
  }

  #sharedEscape(rest: string, letter: string, inBracket: boolean): void {
    const isShared = !/[a-zA-Z]/.test(letter) || SHARED_ESCAPES.includes(letter);
    if (!isShared || rest.startsWith('\\x{'))
      throw new PatternError(`\\${letter} is not supported`);
    if (/[1-9k]/.test(letter) && !inBracket) this.#needsBacktracking = true;
    this.#take(2);
  }

  /** `\Q...\E`: literally. */
  #quoted(rest: string): void {
    const end = rest.indexOf('\\E');
    const text = rest.slice(2, end < 0 ? undefined : end);
    this.#put(quote(text), text.length + (end < 0 ? 2 : 4));
  }

  /** A bracket expression; a `]` that comes first in it stands for itself. */
  #bracket(): void {
    this.#take(this.#pattern[this.#at + 1] === '^' ? 2 : 1);
    if (this.#pattern[this.#at] === ']') this.#put('\\]', 1);
    while (this.#pattern[this.#at] !== ']') {
      if (this.#at >= this.#pattern.length) throw new PatternError('missing ] in pattern');
      const rest = this.#pattern.slice(this.#at);
      const [posix, name = ''] = /^\[:(\^?\w+):\]/.exec(rest) ?? [];
      if (posix !== undefined) this.#put(posixClass(name), posix.length);
      else if (rest[0] === '\\') this.#escape(rest, true);
      else this.#take(1);
    }
    this.#take(1);
  }
}

function posixClass(name: string): string {
  const members = POSIX_CLASSES[name];
  if (members === undefined) throw new PatternError(`[:${name}:] is not supported`);
  return members;
}

/** @throws PatternError */
function translatePattern(pattern: string): RegExp {
  return new Translation(pattern).run();
}

export class Pattern {
  readonly source: string;
  readonly #regexp: RegExp;
  readonly #answers = new Map<string, boolean>();

  /** @throws PatternError */
  constructor(source: string) {
    this.source = source;
    this.#regexp = source === '' ? /^$/ : translatePattern(source);
  }

  /** How many answers are remembered. */
  get remembered(): number {
    return this.#answers.size;
  }

  /** Whether the pattern is found in `name`. */
  matches(name: string): boolean {
    const known = this.#answers.get(name);
    if (known !== undefined) return known;
    const answer = this.#regexp.test(name);
    if (this.#answers.size >= MAX_REMEMBERED) this.#answers.clear();
    this.#answers.set(name, answer);
    return answer;
  }
}
