/**
 * Selectors as RabbitMQ's JMS client sends them: compiled already, and written as an Erlang term in
 * the binding argument `rjms_erlang_selector` (A6.8).
 *
 * Responsible for what the terms mean. Not responsible for reading them (erlang-term.ts).
 */
import { isAtom, parseTerm, type Term } from './erlang-term.ts';
import {
  type Arithmetic,
  and,
  between,
  type Comparison,
  calculate,
  compare,
  type Expression,
  erlangOrder,
  field,
  isNull,
  like,
  literal,
  negative,
  not,
  oneOf,
  or,
} from './operators.ts';
import { SelectorError } from './selector.ts';

type Make = (operands: readonly Term[]) => Expression;

const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const satisfies Comparison[];
const ARITHMETIC = ['+', '-', '*', '/'] as const satisfies Arithmetic[];

const binary =
  (make: (left: Expression, right: Expression) => Expression): Make =>
  ([left, right]) =>
    make(expressionOf(left), expressionOf(right));

const negated =
  (make: Make): Make =>
  (operands) =>
    not(make(operands));

/** As the client writes it. */
const range: Make = ([operand, low, high]) =>
  between(expressionOf(operand), expressionOf(low), expressionOf(high), erlangOrder);

/** As RabbitMQ understands it, too. */
const rangeInOne: Make = ([operand, bounds]) =>
  range([operand as Term, ...tupleOf(bounds, 'range', 2)]);

const member: Make = ([operand, list]) => {
  if (!Array.isArray(list)) throw new SelectorError('no list to be in');
  const values = list.map((each) => {
    if (typeof each !== 'string') throw new SelectorError('no text in a list');
    return each;
  });
  return oneOf(expressionOf(operand), values, erlangOrder);
};

const pattern: Make = ([operand, text, mark]) => {
  if (typeof text !== 'string') throw new SelectorError('no pattern to be like');
  return like(expressionOf(operand), text, typeof mark === 'string' ? mark : null);
};

/** By name and number of operands. */
const MAKERS: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['not/1', ([operand]) => not(expressionOf(operand))],
  ['is_null/1', ([operand]) => isNull(expressionOf(operand))],
  ['not_null/1', ([operand]) => not(isNull(expressionOf(operand)))],
  ['-/1', ([operand]) => negative(expressionOf(operand))],
  ['+/1', ([operand]) => expressionOf(operand)],
  ['and/2', binary(and)],
  ['or/2', binary(or)],
  ['in/2', member],
  ['not_in/2', negated(member)],
  ['between/3', range],
  ['not_between/3', negated(range)],
  ['between/2', rangeInOne],
  ['not_between/2', negated(rangeInOne)],
  ['like/3', pattern],
  ['not_like/3', negated(pattern)],
  ...COMPARISONS.map((sign): [string, Make] => [
    `${sign}/2`,
    binary((left, right) => compare(sign, left, right, erlangOrder)),
  ]),
  ...ARITHMETIC.map((sign): [string, Make] => [
    `${sign}/2`,
    binary((left, right) => calculate(sign, left, right)),
  ]),
]);

/** @throws SelectorError for text that is no term, and a term that is no selector */
export function parseCompiled(text: string): Expression {
  return expressionOf(parseTerm(text));
}

function expressionOf(term: Term | undefined): Expression {
  if (typeof term === 'string' || typeof term === 'number') return literal(term);
  if (isAtom(term, 'true')) return literal(true);
  if (isAtom(term, 'false')) return literal(false);
  if (term === undefined || !('tuple' in term)) throw new SelectorError('no expression');
  const [name, ...operands] = term.tuple;
  if (name === undefined || !isAtom(name)) throw new SelectorError('no operator');
  if (name.atom === 'ident') return field(nameOf(operands[0]));
  const make = MAKERS.get(`${name.atom}/${operands.length}`);
  if (make === undefined) throw new SelectorError(`no operator ${name.atom}/${operands.length}`);
  return make(operands);
}

function nameOf(term: Term | undefined): string {
  if (typeof term !== 'string') throw new SelectorError('no name of a header');
  return term;
}

function tupleOf(term: Term | undefined, name: string, size: number): readonly Term[] {
  const tuple = typeof term === 'object' && 'tuple' in term ? term.tuple : [];
  if (!isAtom(tuple[0], name) || tuple.length !== size + 1) throw new SelectorError(`no ${name}`);
  return tuple.slice(1);
}
