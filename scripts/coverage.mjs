/**
 * The coverage gate: at least 97 % of the lines of protocol/ and of src/broker/ each. Reads the
 * summary that c8 left; the report of every file is in coverage/.
 */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './prepare.mjs';

// A test must not load sources with `import()`: tsx would load them a second time, as ES modules
// beside the CommonJS ones, and c8 counts what the one ran as not run in the other.
const GATE_PERCENT = 97;
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
