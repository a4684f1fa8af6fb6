/**
 * `npm run coverage`: the tests under c8, then the gate: at least 95 % of the lines of protocol/
 * and of src/broker/ each. The report of every file is in coverage/.
 */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { runNode } from './child.mjs';
import { build, install, root } from './prepare.mjs';

const GATE_PERCENT = 95;
const GATED = ['protocol', 'src/broker'];

install();
build();
const mocha = ['node_modules/mocha/bin/mocha.js', ...process.argv.slice(2)];
let code = await runNode(['node_modules/c8/bin/c8.js', process.execPath, ...mocha]);

const summary = JSON.parse(readFileSync(join(root, 'coverage', 'coverage-summary.json'), 'utf8'));
for (const folder of ['src', ...GATED]) {
  let total = 0;
  let covered = 0;
  for (const [file, { lines }] of Object.entries(summary)) {
    if (!relative(root, file).split(sep).join('/').startsWith(`${folder}/`)) continue;
    total += lines.total;
    covered += lines.covered;
  }
  const percent = total === 0 ? 0 : (100 * covered) / total;
  const gate = GATED.includes(folder) ? `, the gate is ${GATE_PERCENT} %` : '';
  console.log(`coverage of ${folder}/: ${percent.toFixed(1)} % of ${total} lines${gate}`);
  if (gate !== '' && percent < GATE_PERCENT) code ||= 1;
}
process.exit(code);
