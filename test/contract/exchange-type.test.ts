import { expect } from 'chai';
import { fromObject } from '../../protocol/table.ts';
import { deduplication } from '../../src/broker/exchanges/deduplication.ts';
import { direct } from '../../src/broker/exchanges/direct.ts';
import { fanout } from '../../src/broker/exchanges/fanout.ts';
import { headers } from '../../src/broker/exchanges/headers.ts';
import { jmsTopic } from '../../src/broker/exchanges/jms-topic.ts';
import { recentHistory } from '../../src/broker/exchanges/recent-history.ts';
import { exchangeTypes } from '../../src/broker/exchanges/registry.ts';
import { topic } from '../../src/broker/exchanges/topic.ts';
import { exchangeTypeContract } from './exchange-type.ts';

exchangeTypeContract(direct, {
  samples: [
    { routingKey: 'a', message: { routingKey: 'a' } },
    { routingKey: '', message: { routingKey: '' } },
    { routingKey: 'é.#', message: { routingKey: 'é.#' } },
  ],
  stranger: { routingKey: 'A' },
});

exchangeTypeContract(fanout, {
  samples: [
    { routingKey: '', message: { routingKey: 'anything' } },
    { routingKey: 'a', message: { routingKey: '' } },
  ],
});

for (const type of [recentHistory, deduplication]) {
  exchangeTypeContract(type, {
    samples: [
      { routingKey: '', message: { routingKey: 'anything' } },
      { routingKey: 'a', message: { routingKey: '' } },
    ],
  });
}

exchangeTypeContract(topic, {
  samples: [
    { routingKey: 'stock.*.nyse', message: { routingKey: 'stock.usd.nyse' } },
    { routingKey: 'stock.#', message: { routingKey: 'stock' } },
    { routingKey: 'stock.eur', message: { routingKey: 'stock.eur' } },
    { routingKey: '', message: { routingKey: '' } },
  ],
  stranger: { routingKey: 'bond.usd' },
});

exchangeTypeContract(headers, {
  samples: [
    {
      routingKey: 'k',
      arguments: fromObject({ format: 'pdf', type: 'report' }),
      message: { routingKey: '', headers: fromObject({ format: 'pdf', type: 'report', more: 1 }) },
    },
    {
      routingKey: 'k',
      arguments: fromObject({ 'x-match': 'any', format: 'zip', size: 5 }),
      message: { routingKey: 'other', headers: fromObject({ format: 'doc', size: 5 }) },
    },
  ],
  stranger: { routingKey: 'k', headers: fromObject({ format: 'png' }) },
});

exchangeTypeContract(jmsTopic, {
  samples: [
    {
      routingKey: 'k',
      arguments: fromObject({ rjms_selector: "format = 'pdf' AND size > 1" }),
      message: { routingKey: '', headers: fromObject({ format: 'pdf', size: 5 }) },
    },
    {
      routingKey: 'k',
      arguments: fromObject({ rjms_erlang_selector: '{is_null,{ident,<<"format">>}}.' }),
      message: { routingKey: 'k' },
    },
  ],
  stranger: { routingKey: 'k', headers: fromObject({ format: 'png' }) },
});

describe('the exchange types', () => {
  it('all keep the contract, but for those that choose one of the bindings', () => {
    expect([...exchangeTypes.keys()].sort()).to.deep.equal([
      'direct',
      'fanout',
      'headers',
      'topic',
      'x-consistent-hash',
      'x-delayed-message',
      'x-jms-topic',
      'x-local-random',
      'x-message-deduplication',
      'x-modulus-hash',
      'x-random',
      'x-recent-history',
    ]);
  });
});
