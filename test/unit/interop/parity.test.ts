// How the parity runner judges and shows: every verdict, what is replaced because brokers make it
// up, and the file of known differences against the scenarios that there are.
import { expect } from 'chai';
import { differences, judge } from '../../../interop/parity/compare.ts';
import { readKnown } from '../../../interop/parity/known.ts';
import { readOptions } from '../../../interop/parity/options.ts';
import { subjects } from '../../../interop/parity/scenarios/index.ts';
import { normalise, show } from '../../../interop/parity/transcript.ts';
import { encodeProperties } from '../../../protocol/properties.ts';
import { fromObject } from '../../../protocol/table.ts';
import type { Arrival } from '../../support/wire.ts';

const known = { scenario: 's: n', rabbitmq: '3.10.8', reason: 'because', differs: ['- a', '+ b'] };

describe('parity verdicts', () => {
  it('nothing differs', () => {
    expect(judge([], undefined)).to.deep.equal({ kind: 'same' });
  });

  it('something differs that nobody knows of', () => {
    expect(judge(['- a'], undefined)).to.deep.equal({ kind: 'differs', lines: ['- a'] });
  });

  it('just what is known differs', () => {
    expect(judge(['- a', '+ b'], known)).to.deep.equal({ kind: 'known', reason: 'because' });
  });

  it('more differs than is known', () => {
    const lines = ['- a', '+ b', '+ c'];
    expect(judge(lines, known)).to.deep.equal({ kind: 'other', lines });
  });

  it('what is known no longer differs', () => {
    expect(judge([], known)).to.deep.equal({ kind: 'gone', lines: ['- a', '+ b'] });
  });

  it('differences are the lines of one side, in order', () => {
    const lines = differences(['1', '2', '3'], ['1', 'two', '3', '4']);
    expect(lines).to.deep.equal(['- 2', '+ two', '+ 4']);
  });
});

describe('parity transcripts', () => {
  const gen = (letter: string) => `amq.gen-${letter.repeat(22)}`;

  it('number what a broker makes up, the same name by the same number', () => {
    const lines = normalise([`a ${gen('x')}`, `b ${gen('y')}`, `c ${gen('x')}`]);
    expect(lines).to.deep.equal(['a amq.gen-(1)', 'b amq.gen-(2)', 'c amq.gen-(1)']);
  });

  it('replace consumer tags, reply addresses, processes and times of death', () => {
    const [line] = normalise([
      `amq.ctag-${'_'.repeat(22)} amq.rabbitmq.reply-to.g1h2.A+b/c== <0.12.3> time:T17`,
    ]);
    expect(line).to.equal('amq.ctag-(1) amq.rabbitmq.reply-to(2) <pid> time:T(then)');
  });

  it('leave names alone that only look like it', () => {
    const line = 'amq.gen-short amq.direct';
    expect(normalise([line])).to.deep.equal([line]);
  });

  it('show wire types, bodies and frames', () => {
    const properties = { headers: fromObject({ n: 1, list: [true, null] }), priority: 3 };
    const arrival: Arrival = {
      channel: 1,
      method: {
        name: 'basic.get-ok',
        deliveryTag: 1,
        redelivered: false,
        exchange: '',
        routingKey: 'k',
        messageCount: 0,
      },
      content: {
        properties,
        propertyBytes: encodeProperties(properties),
        body: Buffer.alloc(100, 'x'),
        bodyFrameSizes: [60, 40],
      },
    };
    expect(show(arrival)).to.equal(
      'basic.get-ok deliveryTag=1 redelivered=false exchange="" routingKey="k" messageCount=0 ' +
        `headers={n:I1, list:A[ttrue, V]} priority=3 body="${'x'.repeat(80)}"...(100) frames=60,40`,
    );
  });
});

describe('parity scenarios', () => {
  const all = subjects(1).flatMap(({ subject, scenarios }) =>
    scenarios.map(({ name, shows }) => ({ title: `${subject}: ${name}`, shows })),
  );

  it('are at least 200, each with a title of its own and the rows that it shows', () => {
    expect(all.length).to.be.at.least(200);
    expect(new Set(all.map(({ title }) => title)).size).to.equal(all.length);
    for (const { title, shows } of all) expect(shows, title).to.match(/^[AB]\d*\.?\d+/);
  });

  it('are there for every known difference', () => {
    const titles = new Set(all.map(({ title }) => title));
    expect([...readKnown().keys()].filter((title) => !titles.has(title))).to.deep.equal([]);
  });

  it('have known differences only where something differs', () => {
    for (const [title, { differs, reason }] of readKnown()) {
      expect(differs, title).not.to.have.length(0);
      expect(reason, title).not.to.equal('');
    }
  });
});

describe('parity options', () => {
  it('are read', () => {
    const options = readOptions(['--only', 'tx', '--only', 'a, b', '--seed', '7'], {});
    expect(options).to.include({ seed: 7, jobs: 6, url: undefined, verbose: false });
    expect((options as { only: readonly string[] }).only).to.deep.equal(['tx', 'a, b']);
  });

  it('take a running broker from PARITY_URL', () => {
    const options = readOptions([], { PARITY_URL: 'amqp://localhost:5673' });
    expect(String((options as { url: URL }).url)).to.equal('amqp://localhost:5673');
  });

  for (const [what, args, env] of [
    ['a seed that is no number', ['--seed', 'x'], {}],
    ['no jobs', ['--jobs', '0'], {}],
    ['an option that is none', ['--nonsense'], {}],
    ['a URL of another protocol', [], { PARITY_URL: 'http://localhost' }],
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(() => readOptions(args, env)).to.throw();
    });
  }
});
