/**
 * Selectors as text: the conditions of SQL-92 that Jakarta Messaging takes (3.1, section 3.8), and
 * `%` for the remainder, numbers in IN, and names in double quotes beside them.
 *
 *     color IN ('red', 'blue') AND weight > 2500 AND "x-region" LIKE 'eu-%' AND p.type IS NOT NULL
 *
 * Responsible for the grammar. Not responsible for what operators mean (operators.ts).
 */
import { HEADER_MARK, isUnknownProperty } from './message-fields.ts';
import {
  type Arithmetic,
  and,
  between,
  type Comparison,
  calculate,
  compare,
  type Expression,
  field,
  isNull,
  like,
  literal,
  negative,
  not,
  oneOf,
  or,
  sqlOrder,
  type Value,
} from './operators.ts';
import { scan, type Token } from './scanner.ts';
import { MAX_SELECTOR_DEPTH, SelectorError } from './selector.ts';

/** Characters that a selector may have. */
export const MAX_SELECTOR_LENGTH = 8_192;
const COMPARISONS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='] satisfies Comparison[];
const RESERVED = ['AND', 'OR', 'NOT', 'BETWEEN', 'IN', 'LIKE', 'IS', 'ESCAPE', 'NULL'];

/**
 * The condition that a text stands for.
 * @throws SelectorError with what is wrong, and the place counted from 1
 */
export function parseSelector(text: string): Expression {
  if (text.length > MAX_SELECTOR_LENGTH) {
    throw new SelectorError(`longer than ${MAX_SELECTOR_LENGTH} characters`);
  }
  const parser = new Parser(scan(text));
  const condition = parser.condition();
  parser.expectEnd();
  return condition;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  condition(): Expression {
    let left = this.#conjunction();
    while (this.#takeWord('OR')) left = or(left, this.#conjunction());
    return left;
  }

  expectEnd(): void {
    if (this.#peek.kind !== 'end') throw this.#unexpected();
  }

  #conjunction(): Expression {
    let left = this.#negation();
    while (this.#takeWord('AND')) left = and(left, this.#negation());
    return left;
  }

  #negation(): Expression {
    if (!this.#takeWord('NOT')) return this.#predicate();
    return this.#deeper(() => not(this.#negation()));
  }

  #predicate(): Expression {
    const left = this.#sum();
    const sign = this.#peek;
    if (sign.kind === 'sign' && COMPARISONS.includes(sign.value)) {
      this.#next++;
      return compare(sign.value as Comparison, left, this.#sum(), sqlOrder);
    }
    if (this.#takeWord('IS')) {
      const isNegated = this.#takeWord('NOT');
      this.#expectWord('NULL');
      return isNegated ? not(isNull(left)) : isNull(left);
    }
    const isNegated = this.#takeWord('NOT');
    const test = this.#test(left);
    if (test === null) {
      if (isNegated) throw this.#unexpected();
      return left;
    }
    return isNegated ? not(test) : test;
  }

  /** What may have NOT before it; null when nothing of that follows. */
  #test(left: Expression): Expression | null {
    if (this.#takeWord('BETWEEN')) {
      const low = this.#sum();
      this.#expectWord('AND');
      return between(left, low, this.#sum(), sqlOrder);
    }
    if (this.#takeWord('IN')) return oneOf(left, this.#list(), sqlOrder);
    if (!this.#takeWord('LIKE')) return null;
    const pattern = this.#text();
    const mark = this.#takeWord('ESCAPE') ? this.#escape() : null;
    return like(left, pattern, mark);
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#takeSign('+', '-'); sign !== null; sign = this.#takeSign('+', '-')) {
      left = calculate(sign, left, this.#product());
    }
    return left;
  }

  #product(): Expression {
    const signs = ['*', '/', '%'] as const;
    let left = this.#signed();
    for (let sign = this.#takeSign(...signs); sign !== null; sign = this.#takeSign(...signs)) {
      left = calculate(sign, left, this.#signed());
    }
    return left;
  }

  #signed(): Expression {
    const sign = this.#takeSign('+', '-');
    if (sign === null) return this.#operand();
    return this.#deeper(() => (sign === '-' ? negative(this.#signed()) : this.#signed()));
  }

  #operand(): Expression {
    const token = this.#peek;
    if (token.kind === 'sign' && token.value === '(') {
      this.#next++;
      const inner = this.#deeper(() => this.condition());
      this.#expectSign(')');
      return inner;
    }
    if (token.kind === 'quoted') {
      this.#next++;
      return field(HEADER_MARK + token.value);
    }
    const value = this.#takeLiteral();
    if (value !== undefined) return literal(value);
    if (token.kind !== 'word' || isReserved(token.value)) throw this.#unexpected();
    if (isUnknownProperty(token.value)) {
      throw new SelectorError(`no property ${token.value} at ${token.at}`);
    }
    this.#next++;
    return field(token.value);
  }

  #list(): Value[] {
    this.#expectSign('(');
    const values: Value[] = [];
    do {
      const isNegative = this.#takeSign('-') !== null;
      const value = this.#takeLiteral();
      const isNumber = typeof value === 'number' || typeof value === 'bigint';
      if (value === undefined || (isNegative && !isNumber)) throw this.#unexpected();
      values.push(isNegative && isNumber ? -value : value);
    } while (this.#takeSign(',') !== null);
    this.#expectSign(')');
    return values;
  }

  #takeLiteral(): Value {
    const { kind, value } = this.#peek;
    const found =
      kind === 'text' ? value : kind === 'number' ? numberOf(value) : truthOf(kind, value);
    if (found !== undefined) this.#next++;
    return found;
  }

  #text(): string {
    const { kind, value } = this.#peek;
    if (kind !== 'text') throw this.#unexpected();
    this.#next++;
    return value;
  }

  #escape(): string {
    const { at } = this.#peek;
    const mark = this.#text();
    if (Array.from(mark).length !== 1) {
      throw new SelectorError(`the escape at ${at} is not one character`);
    }
    return mark;
  }

  get #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #takeWord(word: string): boolean {
    const { kind, value } = this.#peek;
    if (kind !== 'word' || value.toUpperCase() !== word) return false;
    this.#next++;
    return true;
  }

  #expectWord(word: string): void {
    if (!this.#takeWord(word)) throw this.#unexpected();
  }

  #takeSign<T extends Arithmetic | ','>(...signs: readonly T[]): T | null {
    const { kind, value } = this.#peek;
    if (kind !== 'sign' || !signs.includes(value as T)) return null;
    this.#next++;
    return value as T;
  }

  #expectSign(sign: string): void {
    const { kind, value } = this.#peek;
    if (kind !== 'sign' || value !== sign) throw this.#unexpected();
    this.#next++;
  }

  #deeper(parse: () => Expression): Expression {
    if (++this.#depth > MAX_SELECTOR_DEPTH)
      throw new SelectorError(`more than ${MAX_SELECTOR_DEPTH} levels deep`);
    const inner = parse();
    this.#depth--;
    return inner;
  }

  #unexpected(): SelectorError {
    const { kind, value, at } = this.#peek;
    return new SelectorError(kind === 'end' ? 'unexpected end' : `unexpected ${value} at ${at}`);
  }
}

const isReserved = (word: string): boolean => RESERVED.includes(word.toUpperCase());

function truthOf(kind: Token['kind'], word: string): boolean | undefined {
  if (kind !== 'word') return undefined;
  const upper = word.toUpperCase();
  return upper === 'TRUE' ? true : upper === 'FALSE' ? false : undefined;
}

/** Whole numbers exactly; the letters that Java puts behind a number say nothing here. */
function numberOf(text: string): number | bigint {
  if (/^0[xX]/.test(text)) return BigInt(text.replace(/[lL]$/, ''));
  const digits = text.replace(/[lLfFdD]$/, '');
  return /^\d+$/.test(digits) ? BigInt(digits) : Number(digits);
}
