// What the foreign suites' comparison makes of a test: every pair of outcomes, with and without an
// exception, flaky ones, and runs that broke off.
import { expect } from 'chai';
import { compare } from '../../../interop/suites/runner/compare.ts';
import {
  type Exceptions,
  readExceptions,
  readSuites,
  type Suite,
} from '../../../interop/suites/runner/lists.ts';
import { notes, table } from '../../../interop/suites/runner/report.ts';
import type { TestResult } from '../../../interop/suites/runner/results.ts';

const SUITE: Suite = {
  suite: 's',
  package: 'crate s',
  version: '1.0.0',
  language: 'Rust',
  setup: 'rust',
  folder: '.',
  command: ['true'],
  results: 'cargo',
  limitSeconds: 1,
};
const KNOWN: Exceptions = { suite: 's', reason: 'because', tests: ['t'] };
const FLAKY: Exceptions = { ...KNOWN, flaky: true };

type Status = TestResult['status'];

/** `t` came to this on each broker, and nine tests passed on both. */
function compared(rabbitmq: Status | undefined, leveret?: Status, exceptions: Exceptions[] = []) {
  return compare(SUITE, { rabbitmq: run(rabbitmq), leveret: run(leveret) }, exceptions);
}

function run(status: Status | undefined, fault?: string) {
  const results = new Map<string, TestResult>();
  for (let n = 1; n <= 9; n++) results.set(`${n}`, { name: `${n}`, status: 'passed', error: '' });
  if (status !== undefined)
    results.set('t', { name: 't', status, error: `bad \n luck${'.'.repeat(400)}` });
  return { results, seconds: 1, fault };
}

const BAD = `bad luck${'.'.repeat(292)}`;

describe('foreign suites: tests without an exception', () => {
  it('passed on both', () => {
    const result = compared('passed', 'passed');
    expect(result).to.include({ tests: 10, passed: 10, accepted: 0 });
    expect(result.passedOn).to.deep.equal({ rabbitmq: 10, leveret: 10 });
    expect(result.failures).to.be.empty;
    expect(notes([result])).to.be.empty;
  });

  it('failed only here, or skipped only here: a failure, with the reason in one line', () => {
    expect(compared('passed', 'failed').failures).to.deep.equal([`not ok s t - ${BAD}`]);
    expect(compared('passed', 'skipped').failures).to.deep.equal(['not ok s t - skipped']);
    expect(compared('passed', 'failed').passed).to.equal(9);
  });

  it('failed on both, or only there: noted, and neither passed nor failed', () => {
    const both = compared('failed', 'failed');
    const there = compared('failed', 'passed');
    expect([both.passed, both.failures, there.passed, there.failures]).to.deep.equal([
      9,
      [],
      9,
      [],
    ]);
    expect(notes([both, there])).to.deep.equal([
      '# s t - fails on RabbitMQ too',
      '# s t - fails only on RabbitMQ',
    ]);
  });

  it('skipped there: nothing to hold it against', () => {
    for (const here of ['passed', 'failed', 'skipped'] as const) {
      expect(compared('skipped', here)).to.deep.include({ passed: 9, failures: [], flaky: [] });
    }
  });
});

describe('foreign suites: exceptions', () => {
  it('a test that fails only here may', () => {
    const result = compared('passed', 'failed', [KNOWN]);
    expect(result).to.deep.include({ passed: 9, failures: [], accepted: 1 });
  });

  it('one of another suite is of no concern', () => {
    const other = { ...KNOWN, suite: 'other' };
    expect(compared('passed', 'failed', [other]).failures).to.have.length(1);
    expect(compared('passed', 'passed', [other]).failures).to.be.empty;
  });

  it('has to be taken out when it passes here, fails there too, or is no test any more', () => {
    const gone = (now: string) => [`not ok s t - no exception any more: take it out (${now})`];
    expect(compared('passed', 'passed', [KNOWN]).failures).to.deep.equal(
      gone('here passed, on RabbitMQ passed'),
    );
    expect(compared('failed', 'failed', [KNOWN]).failures).to.deep.equal(
      gone(`here failed: ${BAD}, on RabbitMQ failed: ${BAD}`),
    );
    expect(compared(undefined, undefined, [KNOWN]).failures).to.deep.equal(
      gone('here not reported, on RabbitMQ not reported'),
    );
  });

  it('a flaky one may fail on either broker, and is told of when it did', () => {
    const told = (there: Status, here: Status) => {
      const result = compared(there, here, [FLAKY]);
      expect(result).to.deep.include({ failures: [], accepted: 0, failOnBoth: [] });
      return notes([result]);
    };
    expect(told('passed', 'passed')).to.deep.equal([]);
    expect(told('passed', 'failed')).to.deep.equal([
      `# s t - here failed: ${BAD}, on RabbitMQ passed (flaky)`,
    ]);
    expect(told('failed', 'passed')).to.deep.equal([
      `# s t - here passed, on RabbitMQ failed: ${BAD} (flaky)`,
    ]);
    expect(told('failed', 'failed')).to.have.length(1);
  });

  it('one that is flaky on RabbitMQ alone is an exception like others, but may fail there', () => {
    const there: Exceptions = { ...KNOWN, flaky: 'rabbitmq' };
    expect(compared('passed', 'failed', [there])).to.deep.include({ failures: [], accepted: 1 });
    const both = compared('failed', 'failed', [there]);
    expect(both).to.deep.include({ failures: [], accepted: 0, failOnBoth: [] });
    expect(both.flaky).to.have.length(1);
    for (const rabbitmq of ['passed', 'failed'] as const) {
      expect(compared(rabbitmq, 'passed', [there]).failures[0]).to.match(/take it out/);
    }
    expect(compared(undefined, undefined, [there]).failures[0]).to.match(/take it out/);
  });

  it('a flaky one counts as passed only when it passed on both', () => {
    expect(compared('passed', 'passed', [FLAKY]).passed).to.equal(10);
    expect(compared('passed', 'failed', [FLAKY]).passed).to.equal(9);
  });

  it('a flaky one may not be left out here, nor be no test any more', () => {
    expect(compared('passed', 'skipped', [FLAKY]).failures).to.deep.equal(['not ok s t - skipped']);
    expect(compared(undefined, undefined, [FLAKY]).failures[0]).to.match(/take it out/);
  });
});

describe('foreign suites: runs that broke off', () => {
  it('what only one of them reports is one failure, whichever it is', () => {
    expect(compared('passed', undefined).failures).to.deep.equal([
      'not ok s (run on Leveret) - not reported: 1, first t',
    ]);
    expect(compared(undefined, 'passed').failures).to.deep.equal([
      'not ok s (run on RabbitMQ) - not reported: 1, first t',
    ]);
    expect(compared('passed', undefined, [KNOWN]).failures).to.have.length(1);
  });

  it('what failed on the only one that reports it is no sign of that', () => {
    expect(compared('failed', undefined).failures).to.be.empty;
    expect(compared(undefined, 'failed').failures).to.be.empty;
  });

  it('a fault is a failure on either broker', () => {
    const runs = { rabbitmq: run('passed', 'no end'), leveret: run('passed', 'exit code 1') };
    expect(compare(SUITE, runs, []).failures).to.deep.equal([
      'not ok s (run on RabbitMQ) - no end',
      'not ok s (run on Leveret) - exit code 1',
    ]);
  });
});

describe('foreign suites: table and lists', () => {
  it('a row a suite, as wide as it has to be', () => {
    const [head, row, ...rest] = table([compared('failed', 'passed')]).split('\n');
    expect(rest).to.be.empty;
    expect(head?.split(/ {2,}/)).to.have.length(10);
    expect(row?.split(/ {2,}/)).to.deep.equal('s 1.0.0 10 9 10 0 0 0 1 0'.split(' '));
  });

  it('every exception says why, and no test has two', () => {
    const seen = new Set<string>();
    for (const { suite, reason, tests } of readExceptions(readSuites().suites)) {
      expect(reason).to.match(/\w{3}/);
      expect(tests).to.not.be.empty;
      for (const test of tests) {
        expect(seen.has(`${suite} ${test}`), `${suite} ${test}`).to.equal(false);
        seen.add(`${suite} ${test}`);
      }
    }
  });
});
