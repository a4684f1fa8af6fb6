// The events of `go test -json`: verdicts, the line that says why, what tests print in between, and
// output that stops in the middle.
import { expect } from 'chai';
import { readGo } from '../../../interop/suites/runner/go.ts';

function event(Action: string, Test?: string, Output?: string): string {
  return JSON.stringify({ Time: '2026-01-02T03:04:05.6Z', Action, Test, Output });
}

describe('results in the events of go test', () => {
  it('passed, failed and skipped', () => {
    const lines = [event('start'), event('run', 'TestA'), event('pass', 'TestA')];
    lines.push(event('run', 'TestB'), event('fail', 'TestB'));
    lines.push(event('run', 'TestC'), event('skip', 'TestC'), event('fail'));
    expect(readGo(lines)).to.deep.equal([
      { name: 'TestA', status: 'passed', error: '' },
      { name: 'TestB', status: 'failed', error: '' },
      { name: 'TestC', status: 'skipped', error: '' },
    ]);
  });

  it('the last thing that a test says is why, of tests that run at once too', () => {
    const lines = [
      event('output', 'TestA', '=== RUN   TestA\n'),
      event('output', 'TestA', '    a_test.go:1: first\n'),
      event('output', 'TestB', '    b_test.go:1: of B\n'),
      event('output', 'TestA', '    a_test.go:2: expected "x" > 1, got <nil> – ž\n'),
      event('output', 'TestA', '\n'),
      event('output', 'TestA', '--- FAIL: TestA (0.01s)\n'),
      event('output', undefined, 'FAIL\n'),
      event('fail', 'TestA'),
      event('fail', 'TestB'),
    ];
    expect(readGo(lines)).to.deep.equal([
      { name: 'TestA', status: 'failed', error: 'a_test.go:2: expected "x" > 1, got <nil> – ž' },
      { name: 'TestB', status: 'failed', error: 'b_test.go:1: of B' },
    ]);
  });

  it('a name that is made up anew in each run is the same in all', () => {
    const name = (id: string) => readGo([event('pass', `TestA/queue_${id}`)])[0]?.name;
    expect(name('0b9ee4a1-9f0c-4f9e-8a9d-0123456789ab')).to.equal('TestA/queue_UUID');
    expect(name('0b9ee4a1')).to.equal('TestA/queue_0b9ee4a1');
  });

  it('lines that are no events are passed over', () => {
    const lines = ['[watermill] {"Time": "now"}', '', event('pass', 'TestA'), 'panic: no', '{'];
    expect(readGo(lines)).to.deep.equal([{ name: 'TestA', status: 'passed', error: '' }]);
  });

  it('an event that stops in the middle costs only its own test', () => {
    const last = event('pass', 'TestB');
    for (let length = 0; length < last.length; length++) {
      const results = readGo([event('pass', 'TestA'), last.slice(0, length)]);
      expect(results.map(({ name }) => name)).to.deep.equal(['TestA']);
    }
  });

  it('a test that never ended has no result', () => {
    expect(readGo([event('run', 'TestA'), event('output', 'TestA', 'panic: no')])).to.be.empty;
  });
});
