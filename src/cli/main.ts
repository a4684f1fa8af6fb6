#!/usr/bin/env node
/**
 * The program `leveret`. Reads the arguments, runs the command and turns its outcome into an exit
 * code. The broker is imported only when one is started: a mistyped option is answered at once.
 */
import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '../config/errors.ts';
import { parseArguments } from './arguments.ts';
import { EXIT, type ExitCode, ExitError } from './exit.ts';

// Permission patterns come from people: one that backtracks without end is finished in linear time.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
// The way of a message is a few dozen small methods: with V8's default (920) some of the last are
// called instead of inlined, which ones depends on what came first, for a tenth of the rate.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=2000');

async function run(argv: readonly string[]): Promise<ExitCode> {
  const command = parseArguments(argv);
  if (command.name === 'help') {
    const { helpText } = await import('./help.ts');
    process.stdout.write(helpText());
    return EXIT.ok;
  }
  if (command.name === 'version') {
    const { leveretVersion } = await import('./version.ts');
    process.stdout.write(`leveret ${leveretVersion()}\n`);
    return EXIT.ok;
  }
  if (command.name === 'store') {
    const { runStore } = await import('./store.ts');
    return runStore(command);
  }
  const { start } = await import('./start.ts');
  return start(command, process.env);
}

function explain(error: unknown): ExitCode {
  if (error instanceof ExitError) {
    process.stderr.write(`leveret: ${error.message}\n`);
    return error.code;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`leveret: ${error.message}\n`);
    return EXIT.configuration;
  }
  process.stderr.write(`leveret: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.failure;
}

process.exit(await run(process.argv.slice(2)).catch(explain));
