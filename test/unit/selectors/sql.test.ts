// Selectors as text: what they accept, what they mean, what they refuse and where.
import { expect } from 'chai';
import type { Value } from '../../../src/broker/selectors/operators.ts';
import { SelectorError, selects } from '../../../src/broker/selectors/selector.ts';
import { MAX_SELECTOR_LENGTH, parseSelector } from '../../../src/broker/selectors/sql.ts';

const FIELDS: Readonly<Record<string, Value>> = {
  color: 'red',
  weight: 2500,
  ratio: 0.5,
  big: 2n ** 63n - 1n,
  isNew: true,
  empty: '',
  name: "O'Neil",
  path: 'a_b%c',
  $x: 1,
  'a.b': 2,
  '"x-region': 'eu-west',
  '"color': 'blue',
};
const fields = (name: string): Value => FIELDS[name];
const isTrue = (text: string) => selects(parseSelector(text), fields);
/** true, false or unknown. */
const result = (text: string) => parseSelector(text)(fields);

describe('Selectors as text', () => {
  const TRUE = [
    "color = 'red'",
    "color <> 'blue'",
    "color != 'blue'",
    "color IN ('blue', 'red')",
    "color NOT IN ('blue')",
    'weight in (1, 2500)',
    '-weight IN (-2500)',
    'weight = 2500.0',
    'weight > 2499 AND weight < 2501',
    'weight >= 2500 and weight <= 2500',
    'weight BETWEEN 2500 AND 2600',
    'weight NOT BETWEEN 1 AND 2',
    'weight + 1 = 2501',
    'weight - 1 - 1 = 2498',
    'weight * 2 + 1 = 5001',
    'weight / 2 * 2 = 2500',
    'weight % 1000 = 500',
    '2 * (weight + 1) = 5002',
    '-weight = - 2500 AND +weight = 2500',
    'ratio = .5 AND ratio = 5e-1 AND ratio = 0.5D',
    'weight = 0x9C4 AND weight = 2500L',
    'big = 9223372036854775807 AND big <> 9223372036854775806',
    'isNew',
    'isNew = TRUE AND NOT isNew = false',
    'NOT NOT isNew',
    'missing IS NULL AND color IS NOT NULL',
    "empty = '' AND empty IS NOT NULL",
    "name = 'O''Neil'",
    "name LIKE 'O''%'",
    "color LIKE 'r%' AND color LIKE '%d' AND color LIKE '_e_' AND color LIKE 'red'",
    "color NOT LIKE 're' AND color NOT LIKE '_'",
    "path LIKE 'a!_b!%c' ESCAPE '!'",
    "path LIKE '%!_%' ESCAPE '!'",
    "color LIKE '%%%'",
    '$x = 1 AND a.b = 2',
    `"x-region" LIKE 'eu-%' AND "color" = 'blue'`,
    "missing = 1 OR color = 'red'",
    "color = 'red' OR missing = 1",
    "isNew OR color = 'x' AND color = 'y'",
    "weight=2500AND color='red'",
  ];
  for (const text of TRUE) {
    it(`is true: ${text}`, () => expect(isTrue(text)).to.equal(true));
  }

  const FALSE = [
    "color = 'Red'",
    'weight = 2501',
    "weight = '2500'",
    "weight <> '2500'",
    "weight < 'a'",
    'isNew = 1',
    "color LIKE 'R%'",
    'FALSE',
    "missing = 1 AND color = 'blue'",
    "(isNew OR color = 'x') AND color = 'y'",
  ];
  for (const text of FALSE) {
    it(`is false: ${text}`, () => expect(result(text)).to.equal(false));
  }

  const UNKNOWN = [
    'missing = 1',
    'NOT missing = 1',
    'missing <> 1',
    "missing IN ('a')",
    "missing NOT IN ('a')",
    "missing LIKE 'a%'",
    "weight LIKE '2%'",
    'missing BETWEEN 1 AND 2',
    'missing + 1 = 2',
    "color + 1 = 'red1'",
    '-color = 1',
    'missing',
    "missing = 1 AND color = 'red'",
    "missing = 1 OR color = 'blue'",
  ];
  for (const text of UNKNOWN) {
    it(`is unknown: ${text}`, () => expect(result(text)).to.equal(undefined));
  }

  it('text, and numbers, alone are not true', () => {
    for (const text of ['color', 'weight', "'TRUE'", '1']) expect(isTrue(text)).to.equal(false);
  });

  const REFUSED: readonly (readonly [string, string])[] = [
    ['', 'unexpected end'],
    ['color =', 'unexpected end'],
    ["color = 'red", 'no end of the quote at 9'],
    ['"color', 'no end of the quote at 1'],
    ['color == 1', 'unexpected = at 8'],
    ["color = 'red' AND", 'unexpected end'],
    ["color = 'red' color", 'unexpected color at 15'],
    ['(isNew', 'unexpected end'],
    ['isNew)', 'unexpected ) at 6'],
    ['color LIKE red', 'unexpected red at 12'],
    ["color LIKE 'a' ESCAPE 'ab'", 'the escape at 23 is not one character'],
    ["color NOT 'a'", 'unexpected a at 11'],
    ['color IN ()', 'unexpected ) at 11'],
    ["color IN (-'a')", 'unexpected ) at 15'],
    ['color IN (red)', 'unexpected red at 11'],
    ['color IS 1', 'unexpected 1 at 10'],
    ['weight BETWEEN 1', 'unexpected end'],
    ['AND', 'unexpected AND at 1'],
    ['color = #', 'unexpected # at 9'],
    ['p.colour = 1', 'no property p.colour at 1'],
  ];
  for (const [text, reason] of REFUSED) {
    it(`refuses: ${text === '' ? 'nothing' : text}`, () => {
      expect(() => parseSelector(text)).to.throw(SelectorError, reason);
    });
  }

  it('is bounded in length and depth', () => {
    const long = `color = '${'a'.repeat(MAX_SELECTOR_LENGTH)}'`;
    expect(() => parseSelector(long)).to.throw(`longer than ${MAX_SELECTOR_LENGTH} characters`);
    const deep = (levels: number) => `${'('.repeat(levels)}isNew${')'.repeat(levels)}`;
    expect(isTrue(deep(100))).to.equal(true);
    expect(() => parseSelector(deep(101))).to.throw('more than 100 levels deep');
    expect(() => parseSelector(`${'NOT '.repeat(101)}isNew`)).to.throw('more than 100 levels');
    expect(() => parseSelector(`${'- '.repeat(101)}weight = 1`)).to.throw('more than 100 levels');
  });

  it('a pattern with many % costs no more than text times pattern', () => {
    const pattern = `${'%a'.repeat(200)}b`;
    const selector = parseSelector(`text LIKE '${pattern}'`);
    expect(selector(() => 'a'.repeat(4000))).to.equal(false);
  });
});
