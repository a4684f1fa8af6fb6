/** Spans of time as people write them: `1h`, `1h30m`, `500ms`, or a number of milliseconds. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a span. @throws RangeError for what is none */
export function durationMs(span: number | string): number {
  if (typeof span === 'number') {
    if (Number.isFinite(span) && span >= 0) return span;
    throw new RangeError(`not a number of milliseconds: ${span}`);
  }
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(span)) {
    throw new RangeError(`not a span of time: '${span}'; expected such as 500ms, 10s, 1h30m, 2d`);
  }
  let sum = 0;
  for (const [, count, unit] of span.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    sum += Number(count) * (UNIT_MS[unit as string] as number);
  }
  return sum;
}
