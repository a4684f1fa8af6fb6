/**
 * Turns runs into medians, tables and JSON.
 *
 * Responsible for what a figure means in print: medians over the rounds of a shape, ratios of those
 * medians (for latency the other way round: above 1 is always better for the first broker), a dash
 * where there is nothing. Not responsible for running.
 */
import { headlineOf, type ShapeRuns } from './schedule.ts';
import { median } from './support/latency.ts';
import type { Sample } from './support/measure.ts';
import { markdownTable, type Table, textTable } from './support/table.ts';

const DASH = '-';
const MIB = 1024 * 1024;

const DETAIL_HEAD = [
  'shape',
  'broker',
  'published/s',
  'confirmed/s',
  'consumed/s',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'max ms',
  'CPU us/msg',
  'broker cores',
  'peak RSS MiB',
  'generator cores',
  'other cores',
  'notes',
];

type Figure = (sample: Sample) => number | undefined;

/** Median over the samples that have the figure. */
export function middle(samples: readonly Sample[], figure: Figure): number | undefined {
  const values = samples.map(figure).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

export function formatRate(value: number | undefined): string {
  return value === undefined ? DASH : Math.round(value).toLocaleString('en-US');
}

/** Three significant digits at least, never exponents. */
export function formatSmall(value: number | undefined): string {
  if (value === undefined) return DASH;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

function detailRow({ shape, contender, samples, failures }: ShapeRuns): string[] {
  const rate = (figure: Figure): string => formatRate(middle(samples, figure));
  const small = (figure: Figure): string => formatSmall(middle(samples, figure));
  const notes = [
    ...(shape.latencyOf === undefined ? [] : [`latency: ${shape.latencyOf}`]),
    ...samples.flatMap((sample) => (sample.note === undefined ? [] : [sample.note])).slice(-1),
    ...(failures.length === 0 ? [] : [`${failures.length} failed: ${failures[0]}`]),
  ];
  return [
    shape.title,
    contender.label,
    rate((sample) => sample.published),
    rate((sample) => sample.confirmed),
    rate((sample) => sample.consumed),
    small((sample) => sample.latency?.p50),
    small((sample) => sample.latency?.p95),
    small((sample) => sample.latency?.p99),
    small((sample) => sample.latency?.max),
    small((sample) => sample.brokerCpuMicros),
    small((sample) => sample.brokerCores),
    rate((sample) => (sample.peakRssBytes === undefined ? undefined : sample.peakRssBytes / MIB)),
    small((sample) => sample.generatorCores),
    small((sample) => sample.otherCores),
    notes.join('; '),
  ];
}

export function detailTable(results: readonly ShapeRuns[]): Table {
  return { head: DETAIL_HEAD, rows: results.map(detailRow) };
}

export interface Comparison {
  readonly shape: string;
  readonly headline: string;
  readonly first: number | undefined;
  readonly second: number | undefined;
  /** Above 1: the first broker is better. */
  readonly ratio: number | undefined;
}

/** Pairs of neighbouring results of the same shape. */
export function compare(results: readonly ShapeRuns[]): Comparison[] {
  return results.flatMap((one, index) => {
    const other = results[index + 1];
    if (other === undefined || other.shape !== one.shape || index % 2 === 1) return [];
    const first = middle(one.samples, (sample) => headlineOf(one.shape, sample));
    const second = middle(other.samples, (sample) => headlineOf(one.shape, sample));
    const lowerIsBetter = one.shape.headline === 'p99';
    const ratio =
      first === undefined || second === undefined
        ? undefined
        : lowerIsBetter
          ? second / first
          : first / second;
    return [{ shape: one.shape.title, headline: one.shape.headline, first, second, ratio }];
  });
}

export function ratioTable(results: readonly ShapeRuns[]): Table {
  const [one, other] = results;
  const rows = compare(results).map(({ shape, headline, first, second, ratio }) => {
    const text = headline === 'p99' ? formatSmall : formatRate;
    const unit = headline === 'p99' ? 'p99 ms' : `${headline}/s`;
    return [shape, unit, text(first), text(second), ratio === undefined ? DASH : ratio.toFixed(2)];
  });
  return {
    head: ['shape', 'figure', one?.contender.label ?? '', other?.contender.label ?? '', 'ratio'],
    rows,
  };
}

/** All tables as text for a terminal. */
export function textReport(
  results: readonly ShapeRuns[],
  brokers: number,
  more: readonly Table[] = [],
): string {
  const tables = [detailTable(results), ...(brokers === 2 ? [ratioTable(results)] : []), ...more];
  return tables.map(textTable).join('\n');
}

/** All tables as Markdown, `heading` lines above them. */
export function markdownReport(
  results: readonly ShapeRuns[],
  brokers: number,
  heading: readonly string[],
  more: readonly Table[] = [],
): string {
  const ratios = brokers === 2 ? [ratioTable(results)] : [];
  const tables = [...ratios, ...more, detailTable(results)];
  return `${heading.join('\n')}\n\n${tables.map(markdownTable).join('\n')}`;
}

/** Every sample, and the comparison. */
export function jsonReport(results: readonly ShapeRuns[], about: object): string {
  const shapes = results.map(({ shape, contender, samples, failures }) => ({
    shape: shape.name,
    broker: contender.label,
    server: contender.serverName,
    headline: shape.headline,
    samples,
    failures,
  }));
  return `${JSON.stringify({ ...about, shapes, comparison: compare(results) }, null, 2)}\n`;
}
