/**
 * `npm test`: all tests in one mocha run, on a clone in any state. Options after `--` are mocha's
 * (`npm test -- --grep topic`).
 */
import { runNode } from './child.mjs';
import { build, install } from './prepare.mjs';

install();
build();
process.exit(await runNode(['node_modules/mocha/bin/mocha.js', ...process.argv.slice(2)]));
