/**
 * `npm run parity:definitions`: definitions files between a RabbitMQ and Leveret. Four comparisons,
 * each section of each of them one check:
 *
 *     file         interop/definitions/sample.json, loaded into either
 *     rabbitmqctl  what `rabbitmqctl export_definitions` wrote, and what Leveret makes of it
 *     http         the same of GET /api/definitions
 *     return       what RabbitMQ told by both, and what a second one tells that was given Leveret's
 *                  export of it
 *
 * Ends with the line `N passed, N failed`; exit code 1 when something differs that is not in
 * known.ts, or is there and gone. Composition only: the steps are in interop/definitions/.
 *
 * The sample has no null: RabbitMQ 3.10 breaks off at one, and at its other errors, without a word.
 */
import { readFileSync } from 'node:fs';
import { startBroker } from '../src/index.ts';
import { HOST } from './brokers/broker.ts';
import { makeRabbitmqReady } from './brokers/rabbitmq.ts';
import {
  count,
  differences,
  type Export,
  listDifferences,
  SECTION_NAMES,
} from './definitions/compare.ts';
import { type Comparison, KNOWN, type KnownDifference } from './definitions/known.ts';
import { throughRabbitmq } from './definitions/rabbitmq.ts';
import { print, run } from './runner/command.ts';

/** An administrator of the sample. */
const LOGIN = 'ann:secret';

/** Loads definitions into a Leveret; what it exports. */
async function throughLeveret(definitions: object): Promise<Export> {
  const broker = await startBroker({ host: [HOST], port: 0, definitions });
  const exported = broker.exportDefinitions();
  await broker.stop();
  return JSON.parse(JSON.stringify(exported)) as Export;
}

class Report {
  readonly #totals = { passed: 0, failed: 0 };
  readonly #seen = new Set<KnownDifference>();

  compare(comparison: Comparison, theirs: Export, ours: Export): void {
    this.#check(`${comparison}: lists`, listDifferences(theirs, ours), '');
    for (const section of SECTION_NAMES) {
      const known = KNOWN.filter(
        (each) => each.section === section && each.comparisons.includes(comparison),
      );
      const all = differences(section, theirs, ours);
      const unknown = all.filter((line) => {
        const found = known.find(({ lines }) => lines.test(line));
        if (found !== undefined) this.#seen.add(found);
        return found === undefined;
      });
      const entries = count(section, ours);
      const differ = all.length - unknown.length;
      const sums = `, ${entries} entries, ${differ} lines that are known to differ`;
      this.#check(`${comparison}: ${section}`, unknown, sums);
    }
  }

  /** Prints the sums; true when nothing failed. */
  end(): boolean {
    for (const { section, lines, reason } of KNOWN.filter((each) => !this.#seen.has(each))) {
      this.#check('known.ts', [`${section} ${lines.source} no longer differs: ${reason}`], '');
    }
    const { passed, failed } = this.#totals;
    print(`${passed} passed, ${failed} failed`);
    return failed === 0;
  }

  #check(title: string, lines: readonly string[], sums: string): void {
    const isSame = lines.length === 0;
    this.#totals[isSame ? 'passed' : 'failed'] += 1;
    print([`${isSame ? 'ok' : 'not ok'} ${title}${sums}`, ...lines].join('\n    '));
  }
}

await run('parity:definitions', async () => {
  const path = new URL('definitions/sample.json', import.meta.url);
  const sample = JSON.parse(readFileSync(path, 'utf8')) as object;
  const report = new Report();
  await makeRabbitmqReady();
  const theirs = await throughRabbitmq(sample, LOGIN, print);
  report.compare('file', theirs.both, await throughLeveret(sample));
  report.compare('rabbitmqctl', theirs.rabbitmqctl, await throughLeveret(theirs.rabbitmqctl));
  report.compare('http', theirs.http, await throughLeveret(theirs.http));
  const ours = await throughLeveret(theirs.both);
  report.compare('return', theirs.both, (await throughRabbitmq(ours, LOGIN, print)).both);
  return report.end() ? 0 : 1;
});
