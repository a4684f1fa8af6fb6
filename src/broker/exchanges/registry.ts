/**
 * The exchange types there are, by the name that exchange.declare gives.
 */

import type { ExchangeType } from '../exchange-type.ts';
import { consistentHash } from './consistent-hash.ts';
import { deduplication } from './deduplication.ts';
import { delayedType } from './delayed.ts';
import { direct } from './direct.ts';
import { fanout } from './fanout.ts';
import { headers } from './headers.ts';
import { jmsTopic } from './jms-topic.ts';
import { modulusHash } from './modulus-hash.ts';
import { localRandom, random } from './random.ts';
import { recentHistory } from './recent-history.ts';
import { topic } from './topic.ts';

const TYPES: readonly ExchangeType[] = [
  direct,
  fanout,
  topic,
  headers,
  consistentHash,
  random,
  localRandom,
  modulusHash,
  recentHistory,
  deduplication,
  jmsTopic,
];

const plainTypes: ReadonlyMap<string, ExchangeType> = new Map(
  TYPES.map((type) => [type.name, type]),
);
const delayed = delayedType(plainTypes);

export const exchangeTypes: ReadonlyMap<string, ExchangeType> = new Map([
  ...plainTypes,
  [delayed.name, delayed],
]);
