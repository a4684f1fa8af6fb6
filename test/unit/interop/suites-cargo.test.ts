// The output of `cargo test`: verdicts, also of tests that print on their own line, what a failed
// one said, and output that stops in the middle.
import { expect } from 'chai';
import { readCargo } from '../../../interop/suites/runner/cargo.ts';

const RUNNING = '     Running tests/basic.rs (target/debug/deps/basic-0123456789abcdef)';

function read(text: string) {
  return readCargo(text.split('\n'));
}

describe('results in the output of cargo test', () => {
  it('passed, failed and ignored, by file', () => {
    const results = read(`   Compiling lapin v4.0.0
     Running unittests src/lib.rs (target/debug/deps/lapin-0123456789abcdef)

running 2 tests
test auth::tests::plain ... ok
test auth::tests::panics - should panic ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

${RUNNING}

running 3 tests
test connects ... FAILED
test drops::ž_1 ... ok
test waits ... ignored, takes minutes
`);
    expect(results).to.deep.equal([
      { name: 'src/lib.rs > auth::tests::plain', status: 'passed', error: '' },
      { name: 'src/lib.rs > auth::tests::panics', status: 'passed', error: '' },
      { name: 'tests/basic.rs > connects', status: 'failed', error: '' },
      { name: 'tests/basic.rs > drops::ž_1', status: 'passed', error: '' },
      { name: 'tests/basic.rs > waits', status: 'skipped', error: '' },
    ]);
  });

  it('a verdict stands on a later line when the test printed something itself', () => {
    const results = read(`${RUNNING}
test connects ... [INFO] test starts ... ok so far
okay
ok
test waits ... 2 messages
FAILED
ok
`);
    expect(results.map(({ name, status }) => [name, status])).to.deep.equal([
      ['tests/basic.rs > connects', 'passed'],
      ['tests/basic.rs > waits', 'failed'],
    ]);
  });

  it('a failed test has where it panicked and why', () => {
    const results = read(`${RUNNING}
test connects ... FAILED
test waits ... FAILED
test short ... FAILED

failures:

---- connects stdout ----

thread 'connects' (17) panicked at tests/basic.rs:9:5:
assertion failed: \`(left == right)\` <"a">
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace

---- waits stdout ----
Error: Timeout
---- short stdout ----
Error: Short

failures:
    connects
    waits
    short

test result: FAILED. 0 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out
`);
    const at = "thread 'connects' (17) panicked at tests/basic.rs:9:5:";
    expect(results.map(({ error }) => error)).to.deep.equal([
      `${at}\nassertion failed: \`(left == right)\` <"a">`,
      'Error: Timeout',
      'Error: Short',
    ]);
  });

  it('the same name in two files is two tests, each with its own reason', () => {
    const part = (file: string, why: string) => `     Running ${file} (target/debug/deps/x)
test connects ... FAILED
failures:
---- connects stdout ----
${why}
`;
    const results = read(part('tests/a.rs', 'Error: of a') + part('tests/b.rs', 'Error: of b'));
    expect(results).to.deep.equal([
      { name: 'tests/a.rs > connects', status: 'failed', error: 'Error: of a' },
      { name: 'tests/b.rs > connects', status: 'failed', error: 'Error: of b' },
    ]);
  });

  it('output that stops in the middle has the tests that ended before', () => {
    const cut = `${RUNNING}
test connects ... ok
test waits ... `;
    const whole = [{ name: 'tests/basic.rs > connects', status: 'passed', error: '' }];
    expect(read(cut)).to.deep.equal(whole);
    expect(read(`${cut}o`)).to.deep.equal(whole);
    expect(read(`${cut}\nerror: test failed, to rerun pass \`--test basic\``)).to.deep.equal(whole);
  });

  it('a test that never ended has no verdict from the next file', () => {
    expect(read(`${RUNNING}\ntest waits ... \n     Running tests/b.rs (x)\nok\n`)).to.be.empty;
  });

  it('what does not compile has no tests', () => {
    expect(read('error[E0425]: cannot find value `x` in this scope')).to.deep.equal([]);
  });
});
