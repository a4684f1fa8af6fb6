/**
 * What selectors are made of: conditions over the fields of a message, with SQL's third truth value
 * for what is not known (SQL-92; Jakarta Messaging 3.1, 3.8).
 *
 * Responsible for what operators mean. Not responsible for how selectors are written (sql.ts,
 * compiled.ts) or where fields come from (message-fields.ts).
 */

/** A field or a result; `undefined` is SQL's NULL or unknown. */
export type Value = string | number | bigint | boolean | undefined;

/** The value of a field by name. */
export type Fields = (name: string) => Value;

export type Expression = (fields: Fields) => Value;

/**
 * Compares two values: negative, 0 or positive; `undefined` when they are not of a kind that can
 * be compared.
 */
export type Order = (left: Value, right: Value) => number | undefined;

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type Arithmetic = '+' | '-' | '*' | '/' | '%';

const isNumber = (value: Value): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

const threeWay = <T>(left: T, right: T): number => (left < right ? -1 : left > right ? 1 : 0);

/** SQL's: numbers of all kinds among each other, else like with like. */
export const sqlOrder: Order = (left, right) =>
  (isNumber(left) && isNumber(right)) || typeof left === typeof right
    ? threeWay(left as number, right as number)
    : undefined;

/** Erlang's, in which everything has its place: numbers, then truth values, then text. */
export const erlangOrder: Order = (left, right) =>
  sqlOrder(left, right) ?? threeWay(rankOf(left), rankOf(right));

function rankOf(value: Value): number {
  if (isNumber(value)) return 0;
  return typeof value === 'boolean' ? 1 : 2;
}

export const literal =
  (value: Value): Expression =>
  () =>
    value;

export const field =
  (name: string): Expression =>
  (fields) =>
    fields(name);

export const not =
  (operand: Expression): Expression =>
  (fields) => {
    const value = operand(fields);
    return typeof value === 'boolean' ? !value : undefined;
  };

export const and =
  (left: Expression, right: Expression): Expression =>
  (fields) => {
    const first = left(fields);
    if (first === false) return false;
    const second = right(fields);
    if (second === false) return false;
    return first === true && second === true ? true : undefined;
  };

export const or =
  (left: Expression, right: Expression): Expression =>
  (fields) => {
    const first = left(fields);
    if (first === true) return true;
    const second = right(fields);
    if (second === true) return true;
    return first === false && second === false ? false : undefined;
  };

export const isNull =
  (operand: Expression): Expression =>
  (fields) =>
    operand(fields) === undefined;

const HOLDS: Readonly<Record<Comparison, (difference: number) => boolean>> = {
  '=': (difference) => difference === 0,
  '<>': (difference) => difference !== 0,
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
};

/** Unlike values are neither equal nor different: false. */
export function compare(
  operator: Comparison,
  left: Expression,
  right: Expression,
  order: Order,
): Expression {
  const holds = HOLDS[operator];
  return (fields) => {
    const first = left(fields);
    if (first === undefined) return undefined;
    const second = right(fields);
    if (second === undefined) return undefined;
    const difference = order(first, second);
    return difference !== undefined && holds(difference);
  };
}

/** Both ends included. */
export function between(
  operand: Expression,
  low: Expression,
  high: Expression,
  order: Order,
): Expression {
  return and(compare('>=', operand, low, order), compare('<=', operand, high, order));
}

export function oneOf(operand: Expression, values: readonly Value[], order: Order): Expression {
  return (fields) => {
    const value = operand(fields);
    return value === undefined ? undefined : values.some((each) => order(value, each) === 0);
  };
}

const CALCULATE: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

/** In double precision; of anything but numbers, the result is unknown. */
export function calculate(operator: Arithmetic, left: Expression, right: Expression): Expression {
  const operate = CALCULATE[operator];
  return (fields) => {
    const first = left(fields);
    const second = right(fields);
    if (!isNumber(first) || !isNumber(second)) return undefined;
    return operate(Number(first), Number(second));
  };
}

export function negative(operand: Expression): Expression {
  return (fields) => {
    const value = operand(fields);
    return isNumber(value) ? -value : undefined;
  };
}

/** Of anything but text, the result is unknown. */
export function like(operand: Expression, pattern: string, mark: string | null): Expression {
  const pieces = patternOf(pattern, mark);
  return (fields) => {
    const value = operand(fields);
    return typeof value === 'string' ? fits(value, pieces) : undefined;
  };
}

const ANY_CHARACTER = Symbol('_');
const ANY_TEXT = Symbol('%');
type Piece = string | typeof ANY_CHARACTER | typeof ANY_TEXT;

/** A character behind the mark (ESCAPE) stands for itself. */
function patternOf(pattern: string, mark: string | null): Piece[] {
  const pieces: Piece[] = [];
  const characters = Array.from(pattern);
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === mark && i + 1 < characters.length) pieces.push(characters[++i] as string);
    else if (character === '_') pieces.push(ANY_CHARACTER);
    else if (character === '%') pieces.push(ANY_TEXT);
    else pieces.push(character);
  }
  return pieces;
}

/** Goes back to the last `%` alone, so that no pattern costs more than text times pattern. */
function fits(text: string, pieces: readonly Piece[]): boolean {
  const characters = Array.from(text);
  let at = 0;
  let piece = 0;
  let resumeAt = -1;
  let resumePiece = -1;
  while (at < characters.length) {
    const wanted = pieces[piece];
    if (wanted === ANY_TEXT) {
      resumePiece = ++piece;
      resumeAt = at;
    } else if (wanted === ANY_CHARACTER || wanted === characters[at]) {
      piece++;
      at++;
    } else {
      if (resumePiece === -1) return false;
      piece = resumePiece;
      at = ++resumeAt;
    }
  }
  while (pieces[piece] === ANY_TEXT) piece++;
  return piece === pieces.length;
}
