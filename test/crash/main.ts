/**
 * `npm run crash`: the crash test. Puts the parts together and says what came of them. Exit code 0
 * when the broker kept all its promises, 1 when not, 2 for wrong usage.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashBroker } from './broker.ts';
import { type CrashOptions, HELP, parseOptions, UsageError } from './options.ts';
import { type Places, Run } from './run.ts';
import { Violations } from './violations.ts';

const PROGRESS_ROUNDS = 10;

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function play(options: CrashOptions, violations: Violations, places: Places): Promise<Run> {
  const broker = new CrashBroker({
    dataFolder: places.data,
    logFile: places.log,
    configFile: places.config,
    durability: options.durability,
    onAlarm: (line) => violations.add(`the broker's log says: ${line}`),
  });
  const run = new Run(options, broker, violations, places);
  try {
    await run.play(({ ending, workMs }) => {
      if (run.rounds % PROGRESS_ROUNDS !== 0) return;
      const { confirmedCount, ackedCount } = run.ledger;
      const numbers = `${confirmedCount} confirmed, ${ackedCount} acked`;
      write(`round ${run.rounds}: ${ending} after ${workMs} ms; ${numbers}`);
    });
  } catch (error) {
    // The broker does not start, or does not answer.
    violations.add(`the run broke off: ${error instanceof Error ? error.stack : error}`);
  } finally {
    run.abandon();
    await broker.close();
  }
  return run;
}

function report({ kept, count }: Violations, seed: number, places: Places): void {
  for (const { round, text } of kept) write(`round ${round}: ${text}`);
  if (count > kept.length) write(`and ${count - kept.length} more`);
  write(`seed ${seed}; data in ${places.data}, the broker's log is ${places.log}`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { seed, durability } = options;
  const folder = mkdtempSync(join(tmpdir(), 'leveret-crash-'));
  const places = {
    run: folder,
    data: join(folder, 'data'),
    log: join(folder, 'broker.log'),
    config: join(folder, 'broker.conf'),
  };
  write(`seed ${seed}, up to ${options.rounds} rounds, durability ${durability}`);
  const violations = new Violations();
  const run = await play(options, violations, places);
  const isGood = violations.count === 0;
  if (!isGood) report(violations, seed, places);
  else if (options.keep) write(`data in ${places.data}, the broker's log is ${places.log}`);
  else rmSync(folder, { recursive: true, force: true });
  const { confirmedCount, ackedCount } = run.ledger;
  write(
    [
      `${run.rounds} rounds`,
      `${confirmedCount} messages confirmed`,
      `${ackedCount} acked`,
      `${run.kills} kills`,
      `${violations.lost} lost`,
      `${violations.count} violations`,
    ].join(', '),
  );
  return isGood ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const text = error instanceof Error ? (isUsage ? error.message : error.stack) : error;
  process.stderr.write(`${text}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
