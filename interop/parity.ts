/**
 * `npm run parity`: the same scenarios against a RabbitMQ and against Leveret, frame by frame. Ends
 * with the line `N passed, N failed`; exit code 1 when something differs that is not known, or is
 * known and gone, 2 for a bad command line. Composition only: the steps are in interop/parity/.
 */

import { differences, judge } from './parity/compare.ts';
import { type KnownDifference, readKnown } from './parity/known.ts';
import { HELP, type Options, readOptions } from './parity/options.ts';
import { Report } from './parity/report.ts';
import type { Scenario } from './parity/scenario.ts';
import { subjects } from './parity/scenarios/index.ts';
import { runningRabbitmq, type Side, startLeveret, startRabbitmq } from './parity/sides.ts';
import { Stage } from './parity/stage.ts';
import { type Transcript, transcribe } from './parity/transcript.ts';
import { optionsOrExit } from './runner/command.ts';

/** One scenario on one broker. What the scenario throws is part of what is compared. */
async function play(scenario: Scenario, side: Side, stem: string): Promise<Transcript> {
  const stage = new Stage(side, stem);
  try {
    await scenario.run(stage);
    await stage.settle();
  } catch (error) {
    stage.note(`broke off: ${(error as Error).message}`);
  }
  const transcript = transcribe(stage);
  await stage.clear();
  return transcript;
}

/** All scenarios that are asked for, with their numbers, which make their names. */
function* wanted(options: Options, known: ReadonlyMap<string, KnownDifference>, report: Report) {
  const seen = new Set<string>();
  let number = 0;
  for (const { subject, scenarios } of subjects(options.seed)) {
    for (const scenario of scenarios) {
      number += 1;
      const title = `${subject}: ${scenario.name}`;
      if (seen.has(title)) throw new Error(`the scenario ${title} is there twice`);
      seen.add(title);
      if (options.only?.some((part) => title.includes(part)) === false) continue;
      if (scenario.needsWorld && options.url !== undefined) report.leftOut(title);
      else yield { title, scenario, number };
    }
  }
  if (options.only !== undefined) return;
  for (const title of known.keys()) if (!seen.has(title)) report.unknownEntry(title);
}

async function main(options: Options): Promise<number> {
  const { url } = options;
  const known = readKnown();
  const report = new Report(options);
  const waiting = [...wanted(options, known, report)];
  const theirs = url === undefined ? await startRabbitmq() : runningRabbitmq(url);
  const ours = await startLeveret();
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { title, scenario, number } = next;
      const stem = `parity.${process.pid}.${number}`;
      const [a, b] = await Promise.all([play(scenario, theirs, stem), play(scenario, ours, stem)]);
      const hide = (line: string): string => line.replaceAll(stem, 'S');
      const [before, after] = [a.lines.map(hide), b.lines.map(hide)];
      const verdict = judge(differences(before, after), known.get(title));
      report.scenario(title, verdict, before, a.frames + b.frames);
    }
  };
  // Many scenarios wait for a timeout of the broker's: several at a time.
  await Promise.all(Array.from({ length: options.jobs }, worker));
  await theirs.stop();
  await ours.stop();
  return report.end() ? 0 : 1;
}

try {
  process.exit(
    await main(optionsOrExit(() => readOptions(process.argv.slice(2), process.env), HELP)),
  );
} catch (error) {
  process.stdout.write(`not ok parity - ${(error as Error).stack}\n0 passed, 1 failed\n`);
  process.exit(1);
}
