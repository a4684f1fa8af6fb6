/**
 * `npm run bench:limits`: drives brokers to their limits and looks whether they keep them.
 *
 * Responsible for running the scenarios one after the other, each against a broker process of its
 * own, and for the table. Exit code 0 when all hold, 1 when one does not, 2 for wrong usage.
 */
import { parseArgs } from 'node:util';
import { BrokerUnderStress } from './limits/broker.ts';
import { SCENARIOS } from './limits/scenarios.ts';
import { type Check, MIB, type Scenario, Stage } from './limits/stage.ts';
import { buildIfNeeded } from './support/broker-process.ts';
import { textTable } from './support/table.ts';

const HELP = `Drives a broker to its limits: memory, fairness, alarms.

  --only a,b   only these scenarios (names: --list)
  --list       print the scenarios
  --help       print this
`;

async function run(scenario: Scenario): Promise<readonly Check[]> {
  const broker = await BrokerUnderStress.start(scenario.watermarkBytes);
  const stage = new Stage(broker, scenario.limitSeconds);
  try {
    await stage.guard(scenario.play(stage));
  } catch (error) {
    const measured = error instanceof Error ? error.message : String(error);
    stage.checks.push({ what: 'played to its end', measured, limit: '', holds: false });
  }
  const { watermarkBytes, allowanceBytes } = scenario;
  const limitMib = (watermarkBytes + allowanceBytes) / MIB;
  stage.atMost('peak RSS', broker.peakRssBytes / MIB, limitMib, 'MiB');
  stage.dispose();
  await broker.stop();
  return stage.checks;
}

function tableOf(results: readonly (readonly [Scenario, readonly Check[]])[]): string {
  const rows = results.flatMap(([{ name }, checks]) => {
    const ordered = [...checks.slice(-1), ...checks.slice(0, -1)];
    return ordered.map(({ what, measured, limit, holds }, index) => [
      index === 0 ? name : '',
      what,
      measured,
      limit,
      limit === '' && holds ? '' : holds ? 'ok' : 'FAILED',
    ]);
  });
  return textTable({ head: ['scenario', 'what', 'measured', 'limit', 'verdict'], rows });
}

function chosen(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return SCENARIOS;
  return only.split(',').map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found === undefined) throw new RangeError(`no scenario '${name}' (see --list)`);
    return found;
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.list === true) {
    for (const { name, title } of SCENARIOS) process.stdout.write(`${name.padEnd(20)}${title}\n`);
    return 0;
  }
  const scenarios = chosen(values.only);
  buildIfNeeded();
  const results: [Scenario, readonly Check[]][] = [];
  for (const scenario of scenarios) {
    process.stderr.write(`${scenario.name}: ${scenario.title}\n`);
    results.push([scenario, await run(scenario)]);
  }
  process.stdout.write(`\n${tableOf(results)}\n`);
  for (const { name, watermarkBytes, allowanceBytes, allowanceFor } of scenarios) {
    const [watermark, allowance] = [watermarkBytes / MIB, allowanceBytes / MIB];
    process.stdout.write(
      `${name}: watermark ${watermark} MiB + ${allowance} MiB (${allowanceFor})\n`,
    );
  }
  return results.every(([, checks]) => checks.every(({ holds }) => holds)) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
