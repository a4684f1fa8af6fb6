import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { MAX_REMEMBERED, Pattern, PatternError } from '../../../src/lib/pattern.ts';

const matches = (pattern: string, name: string): boolean => new Pattern(pattern).matches(name);

describe('Pattern', () => {
  const rows: readonly (readonly [
    pattern: string,
    yes: readonly string[],
    no: readonly string[],
  ])[] = [
    ['.*', ['', 'a', 'amq.default'], []],
    ['', [''], ['a', 'amq.default', ' ']],
    ['^$', [''], ['a']],
    ['foo', ['foo', 'a foo b', 'foobar'], ['fo', 'FOO']],
    ['^foo$', ['foo'], ['foobar', 'a foo']],
    ['^(amq\\.gen.*|amq\\.default)$', ['amq.gen-x', 'amq.default'], ['amq.topic', 'xamq.default']],
    ['^(?!amq\\.).*$', ['orders'], ['amq.topic']],
    ['(?<=x)y', ['xy'], ['y']],
    ['(?i)^foo', ['FOO', 'foo'], ['xfoo']],
    ['(?im)^FOO$', ['foo'], ['foo2']],
    ['\\Afoo\\z', ['foo'], ['foo2', 'afoo']],
    ['\\Afoo\\Z', ['foo'], ['foo2']],
    ['^\\Qa.b*\\E+$', ['a.b*', 'a.b**'], ['axb', 'a.b']],
    ['^\\Qa.b', ['a.bc'], ['axb']],
    ['^[[:alpha:]_]+$', ['ab_C'], ['a1', '']],
    ['^[^[:digit:]]+$', ['ab'], ['a1']],
    ['^[[:upper:][:digit:]-]+$', ['A-1'], ['a']],
    ['^[[:punct:]]+$', ['!/:@[`{~-]'], ['a', ' ']],
    ['^[]a]+$', [']a]'], ['b']],
    ['^[^]a]+$', ['bc'], [']', 'a']],
    ['^[\\]\\-]+$', [']-'], ['a']],
    ['^[\\w.]+$', ['a.b_1'], ['a b']],
    ['a\\hb', ['a b', 'a\tb'], ['ab']],
    ['^[\\h]$', [' '], ['h']],
    ['^\\a\\e[\\a\\e]$', ['\x07\x1b\x07'], ['ae']],
    ['^(?P<word>\\w+)-\\k<word>$', ['ab-ab'], ['ab-cd']],
    ['^(a)\\1$', ['aa'], ['a1']],
    ['^\\x41\\.\\/$', ['A./'], ['x41']],
    ['^a{2}b{1,}$', ['aab', 'aabb'], ['ab']],
    ['^a{,2}$', ['a{,2}'], ['aa']],
    ['^(foo|bar)+$', ['foobar'], ['foobaz']],
    ['^é+$', ['éé'], ['e']],
  ];
  for (const [pattern, yes, no] of rows) {
    it(`'${pattern}'`, () => {
      for (const name of yes) expect(matches(pattern, name), name).to.equal(true);
      for (const name of no) expect(matches(pattern, name), name).to.equal(false);
    });
  }

  const refused: readonly (readonly [pattern: string, reason: string])[] = [
    ['(', 'Unterminated group'],
    [')', 'Unmatched'],
    ['*', 'Nothing to repeat'],
    ['a++', 'Nothing to repeat'],
    ['(?>a)', 'Invalid group'],
    ['(?x)a b', 'option (?x) is not supported'],
    ['[a', 'missing ]'],
    ['[[:odd:]]', '[:odd:] is not supported'],
    ['[[:^alpha:]]', '[:^alpha:] is not supported'],
    ['a\\', '\\ at end of pattern'],
    ['[a\\', '\\ at end of pattern'],
    ['\\R', '\\R is not supported'],
    ['\\p{L}', '\\p is not supported'],
    ['\\G', '\\G is not supported'],
    ['[\\A]', '\\A is not supported'],
    ['\\x{41}', '\\x is not supported'],
    ['^(?!amq)(a+)+$', 'nested repetition together with look-around or back-references'],
    ['^(?=a)((a*)b{2,})*$', 'nested repetition together with look-around or back-references'],
    ['(?:(?<!x)a+)*', 'nested repetition together with look-around or back-references'],
    ['^(a)(b+)*\\1', 'nested repetition together with look-around or back-references'],
  ];
  for (const [pattern, reason] of refused) {
    it(`refuses '${pattern}'`, () => {
      expect(() => new Pattern(pattern)).to.throw(PatternError, reason);
    });
  }

  it('takes nested repetition alone, and look-around with plain repetition', () => {
    expect(matches('^(a+)+$', 'aaa')).to.equal(true);
    expect(matches('^(?!amq\\.)([a-z]+)\\.[0-9]*$', 'orders.1')).to.equal(true);
    expect(matches('^(?!x)(a|b){3}c+$', 'abac')).to.equal(true);
  });

  it('remembers its answers, but not without bound', () => {
    const pattern = new Pattern('^a');
    for (let i = 0; i < MAX_REMEMBERED * 2 + 10; i++) {
      expect(pattern.matches(`a${i}`)).to.equal(true);
      expect(pattern.matches(`b${i}`)).to.equal(false);
      expect(pattern.remembered).to.be.at.most(MAX_REMEMBERED);
    }
    expect(pattern.matches('a0')).to.equal(true);
    expect(pattern.remembered).to.be.greaterThan(0);
  });

  it('matches evil patterns in linear time where the engine may fall back', () => {
    const source = new URL('../../../src/lib/pattern.ts', import.meta.url).href;
    const program = `
      import { Pattern } from ${JSON.stringify(source)};
      const answers = ['^(a+)+$', '^(a|aa)+$', '(x+x+)+y'].map((each) =>
        new Pattern(each).matches('a'.repeat(200) + 'x'.repeat(54) + '!'));
      console.log(JSON.stringify(answers));`;
    const flag = '--enable-experimental-regexp-engine-on-excessive-backtracks';
    const out = execFileSync(
      process.execPath,
      [flag, '--import', 'tsx', '--input-type=module', '-e', program],
      { timeout: 9000, encoding: 'utf8' },
    );
    expect(JSON.parse(out)).to.deep.equal([false, false, false]);
  });
});
