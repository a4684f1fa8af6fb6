/** The ways in which a consumer settles what it gets. */
import type { Random } from '../../fuzz/random.ts';
import type { Settler } from '../settler.ts';

/** Called with each delivery's tag when its turn has come. */
export type Style = (settler: Settler, tag: number) => void;

/** `most`: deliveries that may be outstanding before the broker stops sending. */
type MakeStyle = (random: Random, most: number) => Style;

const each: MakeStyle = () => (settler, tag) => settler.ack(tag);

/** Every so many with one ack, sometimes with one reject. */
const batches: MakeStyle = (random, most) => {
  const size = 1 + random.below(Math.min(most, 100));
  return (settler, tag) => {
    if (settler.outstandingCount < size) return;
    settler.settleUpTo(tag, random.oneIn(8) ? 'drop' : 'ack');
  };
};

/** Any of those outstanding. */
const scattered: MakeStyle = (random, most) => {
  const kept = random.below(Math.min(most, 50));
  return (settler) => {
    if (settler.outstandingCount > kept) settler.ack(random.pick(settler.tags));
  };
};

/** Most are acked, some rejected, some put back. */
const choosy: MakeStyle = (random) => (settler, tag) => {
  const choice = random.below(100);
  const how = random.oneIn(2) ? 'nack' : 'reject';
  if (choice < 5) settler.requeue(tag, how);
  else if (choice < 15) settler.drop(tag, how);
  else settler.ack(tag);
};

/** Nothing is settled. */
const holding: MakeStyle = () => () => undefined;

const STYLES: readonly MakeStyle[] = [each, each, batches, batches, scattered, choosy, holding];

export function randomStyle(random: Random, most: number): Style {
  return random.pick(STYLES)(random, most);
}
