/**
 * `npm run bench`: the macro benchmark.
 *
 * Responsible for putting the parts together: options, the brokers, the run, the output. Exit code
 * 0 when every run gave a result, 1 when one failed, 2 for wrong usage.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { type BenchOptions, HELP, parseOptions, RABBITMQ, UsageError } from './options.ts';
import { jsonReport, markdownReport, textReport } from './report.ts';
import { Contender, runAll } from './schedule.ts';
import { SHAPES } from './shapes.ts';
import { storeTable } from './store-report.ts';
import { buildIfNeeded } from './support/broker-process.ts';

function contendersFor(options: BenchOptions): Contender[] {
  if (options.ceiling) return [Contender.nothing()];
  if (options.url === undefined) buildIfNeeded();
  const first =
    options.url === undefined ? Contender.leveret() : Contender.running('broker', options.url);
  if (options.against === undefined) return [first];
  const { against } = options;
  const other = against === RABBITMQ ? Contender.rabbitmq() : Contender.running('against', against);
  return [first, other];
}

function about(options: BenchOptions, contenders: readonly Contender[], args: readonly string[]) {
  return {
    command: ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
    brokers: contenders.map(({ label, serverName }) => `${label}: ${serverName}`),
    machine: [
      cpus()[0]?.model.trim() ?? 'unknown CPU',
      `${availableParallelism()} cores`,
      `${Math.round(totalmem() / 2 ** 30)} GiB`,
      `${type()} ${release()}`,
      `Node.js ${process.version}`,
    ].join(', '),
    rounds: options.rounds,
    seconds: options.seconds,
  };
}

async function run(options: BenchOptions, args: readonly string[]): Promise<number> {
  const contenders = contendersFor(options);
  try {
    const keeping = options.shapes[0]?.keeping;
    for (const contender of contenders) await contender.ready(keeping);
    const facts = about(options, contenders, args);
    const heading = [
      `\`${facts.command}\``,
      '',
      `${facts.brokers.join('; ')}. ${facts.machine}.`,
      `Medians of ${facts.rounds} rounds of ${facts.seconds} s.`,
    ];
    process.stdout.write(`${heading.join('\n')}\n\n`);
    const results = await runAll(contenders, options, (line) => process.stderr.write(`${line}\n`));
    const store = storeTable(results);
    const more = store === undefined ? [] : [store];
    process.stdout.write(`\n${textReport(results, contenders.length, more)}`);
    if (options.jsonFile !== undefined) {
      writeFileSync(options.jsonFile, jsonReport(results, facts));
    }
    if (options.markdownFile !== undefined) {
      const markdown = markdownReport(results, contenders.length, heading, more);
      writeFileSync(options.markdownFile, markdown);
    }
    const complete = results.length === options.shapes.length * contenders.length;
    return complete && results.every(({ failures }) => failures.length === 0) ? 0 : 1;
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.mode === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.mode === 'list') {
    for (const { name, title } of SHAPES) process.stdout.write(`${name.padEnd(26)}${title}\n`);
    return 0;
  }
  return run(options, args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
