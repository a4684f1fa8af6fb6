// JUnit's XML as the test runners of six languages write it: names, verdicts, reasons, odd
// characters, and files that stop in the middle.
import { expect } from 'chai';
import { readJunit } from '../../../interop/suites/runner/junit.ts';

const passed = (name: string) => ({ name, status: 'passed', error: '' });
const failed = (name: string, error: string) => ({ name, status: 'failed', error });
const skipped = (name: string) => ({ name, status: 'skipped', error: '' });

describe('results in JUnit’s XML', () => {
  it('a test is named by its class and its name', () => {
    const xml = `<?xml version="1.0" encoding="utf-8"?>
      <testsuites><testsuite name="pytest" errors="0" failures="0" tests="1">
        <testcase classname="t.test_rmq" name="test_connect" time="0.041" />
      </testsuite></testsuites>`;
    expect(readJunit(xml)).to.deep.equal([passed('t.test_rmq > test_connect')]);
  });

  it('Node’s has no class: the suites around it name it', () => {
    const xml = `<testsuites><testsuite name="connect"><testsuite name="with \ta  vhost">
        <testcase name="opens" classname="test"/>
      </testsuite><testcase name="closes" classname="test"></testcase></testsuite>
      <testcase name="alone" classname="test"/></testsuites>`;
    expect(readJunit(xml)).to.deep.equal([
      passed('connect > with a vhost > opens'),
      passed('connect > closes'),
      passed('alone'),
    ]);
  });

  it('a failure has its reason from the attribute, or else from the text', () => {
    const xml = `<testsuite>
      <testcase classname="A" name="a"><failure message="told">A.java:1</failure></testcase>
      <testcase classname="A" name="b"><failure type="T">
        at A.java:2
      </failure></testcase>
      <testcase classname="A" name="c"><error><![CDATA[if (a < b && c > d)]]></error></testcase>
      <testcase classname="A" name="d"><failure message="once"/><error message="twice"/></testcase>
      <testcase classname="A" name="e"><failure/></testcase>
    </testsuite>`;
    expect(readJunit(xml)).to.deep.equal([
      failed('A > a', 'told'),
      failed('A > b', 'at A.java:2'),
      failed('A > c', 'if (a < b && c > d)'),
      failed('A > d', 'once'),
      failed('A > e', ''),
    ]);
  });

  it('a skip is none of both, and does not hide a failure', () => {
    const xml = `<testsuite>
      <testcase classname="A" name="a"><skipped message="not here"/></testcase>
      <testcase classname="A" name="b"><skipped/><failure message="after all"/></testcase>
      <testcase classname="A" name="c"><failure message="first"/><skipped/></testcase>
    </testsuite>`;
    expect(readJunit(xml)).to.deep.equal([
      skipped('A > a'),
      failed('A > b', 'after all'),
      failed('A > c', 'first'),
    ]);
  });

  it('what a test printed is no reason', () => {
    const xml = `<testsuite><system-out>failure</system-out><testcase classname="A" name="a">
      <system-out><![CDATA[<failure message="printed"/></testcase>]]></system-out>
      <system-err>bad</system-err></testcase>
      <testcase classname="A" name="b"><system-out>printed</system-out><failure>told</failure>
      </testcase><!-- <testcase classname="A" name="c"/> --></testsuite>`;
    expect(readJunit(xml)).to.deep.equal([passed('A > a'), failed('A > b', 'told')]);
  });

  it('odd characters come out as they were', () => {
    const xml = `<testsuite>
      <testcase classname='it&apos;s' name="&lt;x&gt; &quot;&amp;amp;&quot; &#8217; &#x1F407; ž"/>
      <testcase classname="A" name="a > b / c"><failure message="1 &lt; 2&#10;&nbsp;"/></testcase>
      <testcase classname="A" name='say "no"'/>
    </testsuite>`;
    expect(readJunit(xml)).to.deep.equal([
      passed('it\'s > <x> "&amp;" ’ 🐇 ž'),
      failed('A > a > b / c', '1 < 2\n&nbsp;'),
      passed('A > say "no"'),
    ]);
  });

  it('a file that stops in the middle has the tests that ended before', () => {
    const xml = `<testsuites><testsuite name="pytest"><testcase classname="A" name="a"/>
      <testcase classname="A" name="b"><failure message="no">because</failure></testcase>
      <testcase classname="A" name="c"><failure message="cut">beca`;
    const whole = [passed('A > a'), failed('A > b', 'no')];
    expect(readJunit(xml)).to.deep.equal(whole);
    for (const end of ['<failure', 'message="c', 'name="c']) {
      const cut = xml.slice(0, xml.lastIndexOf(end) + end.length);
      expect(readJunit(cut), cut.slice(-20)).to.deep.equal(whole);
    }
  });

  it('nothing, or something else, has no tests', () => {
    expect(readJunit('')).to.deep.equal([]);
    expect(readJunit('Segmentation fault')).to.deep.equal([]);
    expect(readJunit('<testsuite name="empty" tests="0"></testsuite>')).to.deep.equal([]);
  });
});
