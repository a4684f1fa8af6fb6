/**
 * The exchange types there are, by the name that exchange.declare gives.
 */

import type { ExchangeType } from '../exchange-type.ts';
import { direct } from './direct.ts';
import { fanout } from './fanout.ts';
import { headers } from './headers.ts';
import { topic } from './topic.ts';

export const exchangeTypes: ReadonlyMap<string, ExchangeType> = new Map(
  [direct, fanout, topic, headers].map((type) => [type.name, type]),
);
