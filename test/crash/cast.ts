/** Who works with the broker in a run. */
import type { Random } from '../fuzz/random.ts';
import { Consumer } from './clients/consumer.ts';
import { Getter } from './clients/getter.ts';
import { Hoarder } from './clients/hoarder.ts';
import { Publisher } from './clients/publisher.ts';
import { Spreader } from './clients/spreader.ts';
import { Transactor } from './clients/transactor.ts';
import { Definer } from './definitions/definer.ts';
import { JOURNEYS } from './journeys/plans.ts';
import { Traveller } from './journeys/traveller.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Client } from './stage.ts';
import { QUEUES, type QueueUse } from './topology.ts';

const PUBLISHERS = 8;
const DEFINERS = 3;
const SPREAD_QUEUES = 80;
const CONSUMERS_OF_A_SHARED_QUEUE = 2;
const KIB = 1024;
const MIB = 1024 * KIB;

export interface Cast {
  readonly clients: readonly Client[];
  readonly travellers: readonly Traveller[];
  readonly hoarders: readonly Hoarder[];
  readonly definers: readonly Definer[];
}

export function makeCast(ledger: Ledger): Cast {
  const hoarders = [
    new Hoarder('hoard-large', { mostBytes: 80 * MIB, messageBytes: largeBytes }),
    new Hoarder('hoard-long', {
      mostBytes: 48 * MIB,
      messageBytes: middlingBytes,
      isPersistent: true,
    }),
    new Hoarder('hoard-mixed', { mostBytes: 20 * MIB, messageBytes: mixedBytes }),
    new Hoarder('hoard-small', { mostBytes: 4 * MIB, messageBytes: smallBytes }),
  ];
  const spreader = new Spreader('spread', SPREAD_QUEUES, {
    mostBytes: 700 * KIB,
    messageBytes: middlingBytes,
  });
  const definers = numbered(DEFINERS, (index) => new Definer(`definer${index}`));
  const travellers = JOURNEYS.map((plan) => new Traveller(plan, ledger));
  const clients = [
    ...numbered(PUBLISHERS, (index) => new Publisher(`publisher${index}`)),
    ...QUEUES.flatMap(({ name, use }) => takersOf(name, use)),
    ...hoarders,
    spreader,
    ...definers,
    ...travellers,
  ];
  return { clients, travellers, hoarders: [...hoarders, ...spreader.hoarders], definers };
}

/** Those who take the messages of a queue out. */
function takersOf(queue: string, use: QueueUse): readonly Client[] {
  const short = queue.replace('crash.', '');
  switch (use) {
    case 'single':
      return [new Consumer(`consumer-${short}`, queue)];
    case 'shared':
      return numbered(
        CONSUMERS_OF_A_SHARED_QUEUE,
        (index) => new Consumer(`consumer-${short}-${index}`, queue),
      );
    case 'polled':
      return [new Getter(`getter-${short}`, queue)];
    case 'unacked':
      return [new Consumer(`consumer-${short}`, queue, true)];
    case 'transactions':
      return [new Transactor(`transactor-${short}`, queue)];
  }
}

function numbered<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function largeBytes(random: Random): number {
  return random.oneIn(8) ? MIB : random.below(100 * KIB);
}

function mixedBytes(random: Random): number {
  return random.oneIn(4) ? random.below(100 * KIB) : random.below(4 * KIB);
}

/** What consumers hold of these is little beside the memory that some rounds have. */
function middlingBytes(random: Random): number {
  return random.below(40 * KIB);
}

function smallBytes(random: Random): number {
  return random.below(300);
}
