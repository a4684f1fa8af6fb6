/**
 * Runs one of the project's TypeScript programs (`npm run fuzz`, `npm run bench`, `npm run
 * interop`) on a clone in any state: installs and builds what is missing first. Arguments: the
 * program, then its own.
 */
import { runNode } from './child.mjs';
import { build, install } from './prepare.mjs';

install();
build();
process.exit(await runNode(['--import', 'tsx', ...process.argv.slice(2)]));
