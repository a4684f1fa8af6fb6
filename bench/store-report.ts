/**
 * The table of what a durable broker's disk and loop did, and of the bare loop beside it.
 *
 * Responsible for medians over the rounds of a shape. Not responsible for rates beside other
 * brokers (report.ts).
 */
import { formatRate, formatSmall, middle } from './report.ts';
import { headlineOf, type ShapeRuns } from './schedule.ts';
import type { Sample, StoreFigures } from './support/measure.ts';
import type { Table } from './support/table.ts';

const HEAD = [
  'shape',
  'messages/s',
  'syncs/s',
  'messages a sync',
  'KiB a sync',
  'bare loop, syncs/s',
  'bare loop, messages/s',
  'share of it',
  'loop delay p99 ms',
  'max ms',
];

/** Messages a second that the bare loop would come to with the run's batches. */
function floorOf(shape: ShapeRuns['shape'], sample: Sample): number | undefined {
  const { store } = sample;
  const rate = headlineOf(shape, sample);
  if (store?.floorSyncs === undefined || rate === undefined || store.syncs === 0) return undefined;
  return (rate / store.syncs) * store.floorSyncs;
}

function row({ shape, samples }: ShapeRuns): string[] {
  const rate = (sample: Sample): number | undefined => headlineOf(shape, sample);
  const of = (figure: (store: StoreFigures) => number | undefined): number | undefined =>
    middle(samples, ({ store }) => (store === undefined ? undefined : figure(store)));
  const each = middle(samples, (sample) => (rate(sample) ?? 0) / (sample.store?.syncs || 1));
  const share = middle(samples, (sample) => {
    const floor = floorOf(shape, sample);
    return floor === undefined ? undefined : ((rate(sample) ?? 0) / floor) * 100;
  });
  return [
    shape.title,
    formatRate(middle(samples, rate)),
    formatRate(of(({ syncs }) => syncs)),
    formatSmall(each),
    formatSmall(of(({ octetsPerSync }) => octetsPerSync / 1024)),
    formatRate(of(({ floorSyncs }) => floorSyncs)),
    formatRate(middle(samples, (sample) => floorOf(shape, sample))),
    share === undefined ? '-' : `${share.toFixed(0)} %`,
    formatSmall(of(({ delayP99Ms }) => delayP99Ms)),
    formatSmall(of(({ delayMaxMs }) => delayMaxMs)),
  ];
}

/** Only of results that a probe looked at; undefined when there are none. */
export function storeTable(results: readonly ShapeRuns[]): Table | undefined {
  const seen = results.filter(({ samples }) => samples.some(({ store }) => store !== undefined));
  return seen.length === 0 ? undefined : { head: HEAD, rows: seen.map(row) };
}
