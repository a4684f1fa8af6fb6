/**
 * `npm test`: all tests in one mocha run, on a clone in any state. `npm test -- --coverage` (or
 * `npm run coverage`) measures coverage and holds it against the gate. Other options are mocha's,
 * such as `npm test -- --grep topic`.
 */
import { runNode } from './child.mjs';
import { checkCoverage } from './coverage.mjs';
import { build, install } from './prepare.mjs';

install();
build();
const options = process.argv.slice(2);
const measured = options.includes('--coverage');
const mocha = [
  'node_modules/mocha/bin/mocha.js',
  ...options.filter((each) => each !== '--coverage'),
];
const command = measured ? ['node_modules/c8/bin/c8.js', process.execPath, ...mocha] : mocha;
let code = await runNode(command);
if (measured && !checkCoverage()) code ||= 1;
process.exit(code);
