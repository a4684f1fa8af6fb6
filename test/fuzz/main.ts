// The fuzzer's command line: `npm run fuzz -- [--inputs N] [--seed N] [--from N] [--target NAME]`.
// Prints what came of the inputs; a finding is printed with its seed, its number and its octets,
// and exits 1.
import { parseArgs } from 'node:util';
import { protocolTarget } from './protocol-target.ts';
import { FuzzFailure, type FuzzReport, fuzz } from './runner.ts';
import { sessionTarget } from './session-target.ts';
import type { FuzzTarget } from './target.ts';

const TARGETS: readonly FuzzTarget[] = [protocolTarget, sessionTarget];
const DEFAULT_INPUTS = '1000000';
const PROGRESS_INPUTS = 100_000;

interface Arguments {
  readonly targets: readonly FuzzTarget[];
  readonly inputs: number;
  readonly seed: number;
  readonly from: number;
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`--${name} takes a whole number, not '${text}'`);
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: DEFAULT_INPUTS },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
      from: { type: 'string', default: '0' },
      target: { type: 'string' },
    },
  });
  const { target: wanted } = values;
  const targets = TARGETS.filter(({ name }) => wanted === undefined || name === wanted);
  if (targets.length === 0) throw new RangeError(`no target '${wanted}'`);
  return {
    targets,
    inputs: count('inputs', values.inputs),
    seed: count('seed', values.seed),
    from: count('from', values.from),
  };
}

function describeReport(name: string, report: FuzzReport, seconds: number): string {
  const refused = [...report.refused].sort(([a], [b]) => a.localeCompare(b));
  const rows = [['accepted', report.accepted], ...refused] as const;
  return [
    `${name}: ${report.inputs} inputs in ${seconds.toFixed(1)} s, no finding`,
    ...rows.map(([outcome, times]) => `  ${String(outcome).padEnd(18)}${times}`),
    `  ${'peak memory'.padEnd(18)}${(report.peakBytes / 2 ** 20).toFixed(0)} MiB`,
  ].join('\n');
}

function describeFailure(name: string, failure: FuzzFailure): string {
  const { seed, index, input, message, cause } = failure;
  return [
    `${name}: ${message}`,
    `again: npm run fuzz -- --target ${name} --seed ${seed} --from ${index} --inputs 1`,
    `input, a line a chunk:`,
    ...input.map((chunk) => `  ${chunk.toString('hex')}`),
    ...(cause instanceof Error ? [cause.stack ?? ''] : []),
  ].join('\n');
}

/** Whether the target came through. */
async function run(target: FuzzTarget, { seed, inputs, from }: Arguments): Promise<boolean> {
  const started = performance.now();
  const onProgress = (done: number): void => {
    if (done % PROGRESS_INPUTS === 0) console.log(`${target.name}: ${done} inputs`);
  };
  try {
    const report = await fuzz({ target, seed, inputs, from, onProgress });
    console.log(describeReport(target.name, report, (performance.now() - started) / 1000));
    return true;
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    console.error(describeFailure(target.name, error));
    return false;
  } finally {
    await target.close?.();
  }
}

async function main(): Promise<void> {
  let args: Arguments;
  try {
    args = readArguments();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
    return;
  }
  console.log(`seed ${args.seed}`);
  for (const target of args.targets) {
    if (!(await run(target, args))) process.exitCode = 1;
  }
}

await main();
