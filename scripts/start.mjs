/**
 * `npm start`: installs and builds what is missing, then becomes the broker. It is the same
 * process, so that signals reach it and its exit code is passed on; options after `--` are the
 * broker's.
 */
import { build, install } from './prepare.mjs';

install();
build();
await import('../dist/src/cli/main.js');
