/**
 * The coverage gate: at least 94 % of the lines of protocol/ and of src/broker/ each. Reads the
 * summary that c8 left; the report of every file is in coverage/.
 */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './prepare.mjs';

// Not 95: tsx loads some sources in two shapes, as ES and as CommonJS modules. c8 mixes their
// counts up, so that functions that tests do run count as not run (queues/backlog.ts).
const GATE_PERCENT = 94;
const GATED = ['protocol', 'src/broker'];

/** Has a source file nothing but types? Then its build is empty, and no test can run it. */
function isTypesOnly(path) {
  const built = join(root, 'dist', path.replace(/\.ts$/, '.js'));
  const code = readFileSync(built, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
  return code.trim() === 'export {};';
}

/** Prints the coverage of each gated folder; true when all are high enough. */
export function checkCoverage() {
  const path = join(root, 'coverage', 'coverage-summary.json');
  const summary = JSON.parse(readFileSync(path, 'utf8'));
  let enough = true;
  for (const folder of ['src', ...GATED]) {
    let total = 0;
    let covered = 0;
    for (const [file, { lines }] of Object.entries(summary)) {
      const path = relative(root, file).split(sep).join('/');
      if (!path.startsWith(`${folder}/`) || isTypesOnly(path)) continue;
      total += lines.total;
      covered += lines.covered;
    }
    const percent = total === 0 ? 0 : (100 * covered) / total;
    const gate = GATED.includes(folder) ? `, the gate is ${GATE_PERCENT} %` : '';
    console.log(`coverage of ${folder}/: ${percent.toFixed(1)} % of ${total} lines${gate}`);
    if (gate !== '' && percent < GATE_PERCENT) enough = false;
  }
  return enough;
}
