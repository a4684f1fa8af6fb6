// Compiled selectors: what of Erlang's terms is read, and what is no selector. What they mean is
// compared with RabbitMQ (interop/parity, plugin exchanges).
import { expect } from 'chai';
import { parseCompiled } from '../../../src/broker/selectors/compiled.ts';
import { parseTerm } from '../../../src/broker/selectors/erlang-term.ts';
import { SelectorError } from '../../../src/broker/selectors/selector.ts';

describe('Compiled selectors', () => {
  it('are Erlang terms', () => {
    expect(parseTerm(' { ident , <<"a\\"b\\\\\\n\\101\\x42">> } . ')).to.deep.equal({
      tuple: [{ atom: 'ident' }, 'a"b\\\nAB'],
    });
    expect(parseTerm('[1,-2.5,1.0e3,<<>>,<<"é"/utf8>>,[],{}].')).to.deep.equal([
      ...[1, -2.5, 1000, '', 'é', []],
      { tuple: [] },
    ]);
    expect(parseTerm("'not in'.")).to.deep.equal({ atom: 'not in' });
  });

  for (const [text, reason] of [
    ['', 'unexpected end'],
    ['true', 'unexpected end'],
    ['true. x', 'unexpected x at 7'],
    ['{ident', 'unexpected end'],
    ['<<"a', 'unexpected < at 1'],
    ['Variable.', 'unexpected V at 1'],
    [`${'['.repeat(101)}`, 'more than 100 levels deep'],
  ] as const) {
    it(`are not: ${text.slice(0, 20)}`, () => {
      expect(() => parseTerm(text)).to.throw(SelectorError, reason);
    });
  }

  for (const [text, reason] of [
    ['nonsense.', 'no expression'],
    ['[].', 'no expression'],
    ['{}.', 'no operator'],
    ['{1,2}.', 'no operator'],
    ['{power,1,2}.', 'no operator power/2'],
    ["{'not',true,false}.", 'no operator not/2'],
    ['{ident,1}.', 'no name of a header'],
    ['{in,{ident,<<"a">>},<<"a">>}.', 'no list to be in'],
    ['{in,{ident,<<"a">>},[1]}.', 'no text in a list'],
    ['{like,{ident,<<"a">>},1,no_escape}.', 'no pattern to be like'],
    ['{between,1,2}.', 'no range'],
    ['{between,1,{range,1}}.', 'no range'],
    ['{between,1,2,nonsense}.', 'no expression'],
  ] as const) {
    it(`have no meaning: ${text}`, () => {
      expect(() => parseCompiled(text)).to.throw(SelectorError, reason);
    });
  }

  it('have a range in either form', () => {
    const n = '{ident,<<"n">>}';
    for (const [text, chosen] of [
      [`{'between',${n},4,6}.`, [4, 5, 6]],
      [`{'not_between',${n},4,6}.`, [3, 7]],
      [`{'between',${n},{range,4,6}}.`, [4, 5, 6]],
      [`{'not_between',${n},{range,4,6}}.`, [3, 7]],
    ] as const) {
      const selector = parseCompiled(text);
      const found = [3, 4, 5, 6, 7, undefined].filter((value) => selector(() => value) === true);
      expect(found, text).to.deep.equal(chosen);
    }
  });
});
