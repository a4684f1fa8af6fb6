/**
 * What every exchange type must do, whatever it matches by. Each type calls this suite with
 * bindings of its own kind and messages for them.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldTable } from '../../protocol/table.ts';
import { type Binding, makeBinding, type RoutingTarget } from '../../src/broker/binding.ts';
import type { BindingIndex, ExchangeType } from '../../src/broker/exchange-type.ts';
import { exchangeTypes } from '../../src/broker/exchanges/registry.ts';
import { exchangeServices } from '../unit/support/exchange-services.ts';

export interface SampleMessage {
  readonly routingKey: string;
  readonly headers?: FieldTable;
}

/** A binding, and a message that it matches. */
export interface Sample {
  readonly routingKey: string;
  readonly arguments?: FieldTable;
  readonly message: SampleMessage;
}

export interface ExchangeTypeSamples {
  /** Two or more, with different keys or arguments. */
  readonly samples: readonly Sample[];
  /** A message that matches none of the samples; left out where everything matches. */
  readonly stranger?: SampleMessage;
}

const NONE: FieldTable = new Map();
const queue = (name: string): RoutingTarget => ({ kind: 'queue', name });

function bindingOf(sample: Sample, target: RoutingTarget, args?: FieldTable): Binding {
  return makeBinding('x', target, sample.routingKey, args ?? sample.arguments ?? NONE);
}

const label = ({ kind, name }: RoutingTarget): string => `${kind} ${name}`;
const labels = (targets: Iterable<RoutingTarget>): string[] => Array.from(targets, label).sort();

/** What a message finds, each once, in an order of its own. */
function matches(index: BindingIndex, message: SampleMessage): string[] {
  const found: RoutingTarget[] = [];
  index.match(message.routingKey, message.headers, found);
  return labels(new Set(found));
}

export function exchangeTypeContract(type: ExchangeType, given: ExchangeTypeSamples): void {
  describe(`exchange type ${type.name}`, () => {
    it('is registered under its name', () => {
      expect(exchangeTypes.get(type.name)).to.equal(type);
    });
    whatMatches(type, given);
    manyDestinations(type, given);
    whatIsRemoved(type, given);
    theModel(type, given);
  });
}

function whatMatches(type: ExchangeType, given: ExchangeTypeSamples): void {
  const { samples, stranger } = given;
  const first = samples[0] as Sample;
  let index: BindingIndex;

  beforeEach(() => {
    index = type.create(NONE, exchangeServices());
  });

  it('matches nothing while empty', () => {
    for (const { message } of samples) expect(matches(index, message)).to.deep.equal([]);
  });

  it('finds the destination of a binding that matches', () => {
    for (const sample of samples) {
      const each = type.create(NONE, exchangeServices());
      const target = queue('q');
      each.add(bindingOf(sample, target));
      expect(matches(each, sample.message)).to.deep.equal([label(target)]);
    }
  });

  it('does not find one that does not match', () => {
    for (const sample of samples) index.add(bindingOf(sample, queue('q')));
    if (stranger !== undefined) expect(matches(index, stranger)).to.deep.equal([]);
  });

  it('appends to what was found before', () => {
    const [before, target] = [queue('before'), queue('q')];
    index.add(bindingOf(first, target));
    const found = [before];
    index.match(first.message.routingKey, first.message.headers, found);
    expect(found).to.deep.equal([before, target]);
  });

  it('does not look at headers when it says that the key decides', () => {
    if (!type.byKeyOnly) return;
    for (const sample of samples) index.add(bindingOf(sample, queue('q')));
    const headers: FieldTable = new Map([['a', { type: 'S', value: 'b' }]]);
    for (const { routingKey } of [...samples.map(({ message }) => message), stranger ?? first]) {
      expect(matches(index, { routingKey, headers })).to.deep.equal(matches(index, { routingKey }));
    }
  });
}

function manyDestinations(type: ExchangeType, given: ExchangeTypeSamples): void {
  const first = given.samples[0] as Sample;
  let index: BindingIndex;

  beforeEach(() => {
    index = type.create(NONE, exchangeServices());
  });

  it('finds every destination of the same binding key', () => {
    const targets = Array.from({ length: 100 }, (_, i) => queue(`q${i}`));
    for (const target of targets) index.add(bindingOf(first, target));
    expect(matches(index, first.message)).to.deep.equal(labels(targets));
  });

  it('finds exchanges as well as queues of the same name', () => {
    const targets: RoutingTarget[] = [queue('n'), { kind: 'exchange', name: 'n' }];
    for (const target of targets) index.add(bindingOf(first, target));
    expect(matches(index, first.message)).to.deep.equal(labels(targets));
  });

  it('keeps a destination until its last binding goes', () => {
    const target = queue('q');
    const other: FieldTable = new Map([
      ...(first.arguments ?? NONE),
      ['x-note', { type: 'I', value: 1 }],
    ]);
    const bindings = [bindingOf(first, target), bindingOf(first, target, other)];
    for (const binding of bindings) index.add(binding);
    index.remove(bindings[0] as Binding);
    expect(matches(index, first.message)).to.deep.equal([label(target)]);
    index.remove(bindings[1] as Binding);
    expect(matches(index, first.message)).to.deep.equal([]);
  });
}

function whatIsRemoved(type: ExchangeType, given: ExchangeTypeSamples): void {
  const { samples } = given;
  const first = samples[0] as Sample;
  let index: BindingIndex;

  beforeEach(() => {
    index = type.create(NONE, exchangeServices());
  });

  it('forgets a binding that is removed, and only that', () => {
    const targets = Array.from({ length: 40 }, (_, i) => queue(`q${i}`));
    const bindings = targets.map((target) => bindingOf(first, target));
    for (const binding of bindings) index.add(binding);
    const left = new Set(targets);
    // From the middle outwards, so that the last one is moved about.
    for (const i of [20, 0, 39, 19, 21, 38, 1, ...Array(40).keys()]) {
      if (!left.delete(targets[i] as RoutingTarget)) continue;
      index.remove(bindings[i] as Binding);
      expect(matches(index, first.message)).to.deep.equal(labels(left));
    }
    expect(left.size).to.equal(0);
  });

  it('is as new after all bindings went and came back', () => {
    const bindings = samples.map((sample, i) => bindingOf(sample, queue(`q${i}`)));
    for (const round of [1, 2]) {
      for (const binding of bindings) index.add(binding);
      samples.forEach(({ message }, i) => {
        const has = matches(index, message).includes(`queue q${i}`);
        expect(has, `round ${round}, sample ${i}`).to.equal(true);
      });
      for (const binding of bindings) index.remove(binding);
      for (const { message } of samples) expect(matches(index, message)).to.deep.equal([]);
    }
  });
}

function theModel(type: ExchangeType, given: ExchangeTypeSamples): void {
  const { samples, stranger } = given;

  it('answers as one that never had the removed bindings', () => {
    const targets = Array.from({ length: 5 }, (_, i) => queue(`q${i}`));
    const all = samples.flatMap((sample) => targets.map((target) => bindingOf(sample, target)));
    const messages = [...samples.map(({ message }) => message), ...(stranger ? [stranger] : [])];
    fc.assert(
      fc.property(fc.array(fc.nat(all.length - 1), { maxLength: 80 }), (toggles) => {
        const changed = type.create(NONE, exchangeServices());
        const present = new Set<Binding>();
        for (const i of toggles) {
          const binding = all[i] as Binding;
          if (present.delete(binding)) changed.remove(binding);
          else {
            present.add(binding);
            changed.add(binding);
          }
        }
        const fresh = type.create(NONE, exchangeServices());
        for (const binding of present) fresh.add(binding);
        for (const message of messages) {
          expect(matches(changed, message)).to.deep.equal(matches(fresh, message));
        }
      }),
      { numRuns: 50 },
    );
  });
}
