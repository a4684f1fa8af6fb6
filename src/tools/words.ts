/** How the tools write names, sizes and numbers for a person. */

const UNITS = ['octets', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A name as it is when it cannot be misread, else in quotes. */
export function nameOf(name: string): string {
  return /^[\w.:/@#*-]+$/.test(name) ? name : JSON.stringify(name);
}

export function sizeOf(octets: number): string {
  let size = octets;
  let unit = 0;
  for (; size >= 1024 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

export function countOf(count: number, what: string, many = `${what}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? what : many}`;
}

/** Positions as runs: 1 to 4, 7. */
export function runsOf(positions: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const position of positions) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === position) last[1] = position;
    else runs.push([position, position]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ');
}
