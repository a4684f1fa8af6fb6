// Small parts of the crash test: options, plan, routes, definitions.
import { expect } from 'chai';
import { Model, type OwnExchange, type OwnQueue } from '../../crash/definitions/model.ts';
import { parseOptions } from '../../crash/options.ts';
import { planOf } from '../../crash/round-plan.ts';
import { ROUTES } from '../../crash/topology.ts';

describe('parts of the crash test', () => {
  it('reads its options, and says what it cannot take', () => {
    expect(parseOptions(['--rounds', '3', '--seed', '7'])).to.include({ rounds: 3, seed: 7 });
    expect(() => parseOptions(['--rounds', '0'])).to.throw('--rounds takes a whole number from 1');
    expect(() => parseOptions(['--durability', 'no'])).to.throw('--durability takes fsync or os');
    expect(() => parseOptions(['--round', '1'])).to.throw("Unknown option '--round'");
  });

  it('plans a round by seed and number alone', () => {
    expect(planOf(5, 9)).to.deep.equal(planOf(5, 9));
    const endings = new Set(Array.from({ length: 100 }, (_, round) => planOf(1, round).ending));
    expect([...endings].sort()).to.deep.equal(['kill', 'rest', 'stop']);
  });

  it('knows the queues of a topic', () => {
    const queues = (key: string) => ROUTES.find((route) => route.key === key)?.queues.join();
    expect(queues('orders')).to.equal('crash.q02,crash.q09,crash.q03');
    expect(queues('stock.eu')).to.equal('crash.q06,crash.q10,crash.q14,crash.q03');
  });

  describe('a model of definitions', () => {
    let model: Model;
    beforeEach(() => {
      model = new Model('own');
      for (const thing of model.things) thing.state = 'there';
      for (const binding of model.bindings) binding.state = 'there';
    });
    const exchange = (type: string) =>
      model.exchanges.find((each) => each.type === type) as OwnExchange;

    it('says which queues a key reaches', () => {
      const [first, second] = model.queues as [OwnQueue, OwnQueue];
      expect([...model.reached(exchange('direct'), first)]).to.deep.equal([first]);
      expect([...model.reached(exchange('fanout'), first)]).to.deep.equal(model.queues);
      // From the direct exchange to the one behind it.
      const behind = model.reached(exchange('direct'), exchange('fanout'));
      expect([...behind]).to.include(second);
    });

    it('takes bindings along when one of their ends goes', () => {
      const [first] = model.queues as [OwnQueue];
      model.deleted(first);
      expect(model.reached(exchange('topic'), first).size).to.equal(0);
      model.deleted(exchange('fanout'));
      const left = model.bindings.filter(({ state }) => state === 'there');
      expect(left.every(({ source }) => source.type !== 'fanout')).to.equal(true);
    });
  });
});
