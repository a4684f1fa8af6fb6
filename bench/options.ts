/**
 * Command line of the macro benchmark.
 *
 * Responsible for reading and checking arguments and for the help text. Throws UsageError with one
 * clear line for anything that it cannot take.
 */
import { parseArgs } from 'node:util';
import type { Shape } from './runners/shape.ts';
import { SHAPES } from './shapes.ts';
import { parseTarget } from './support/target.ts';

/** In place of a URL: Debian's RabbitMQ, started for the run. */
export const RABBITMQ = 'rabbitmq';

export class UsageError extends Error {}

export interface BenchOptions {
  readonly mode: 'run' | 'list' | 'help';
  readonly shapes: readonly Shape[];
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly rounds: number;
  readonly drainMessages: number;
  readonly ceiling: boolean;
  /** Cores that other processes may use; undefined: as many as they like. */
  readonly calmCores: number | undefined;
  readonly url: string | undefined;
  readonly against: string | undefined;
  readonly jsonFile: string | undefined;
  readonly markdownFile: string | undefined;
}

export const HELP = `Measures a broker over loopback with raw sockets.

  npm run bench                              Leveret alone, started as a process of its own
  npm run bench -- --against amqp://guest:guest@127.0.0.1:5673
                                             each shape in turn on both brokers, medians and ratios
  npm run bench -- --ceiling                 the load generator's own limit, at a broker that
                                             does nothing, or with durable shapes only writes

  --shapes a,b     only these (names: --list), or groups: memory, and the beginnings of names
                   (durable, durable-confirm)
  --seconds N      measuring window of each run (default 5)
  --warmup N       load before the window, in seconds (default 1.5)
  --rounds N       runs of each shape at each broker (default 3 with --against, else 1)
  --drain N        messages that shapes with a preloaded queue preload (default 1000000)
  --calm CORES     a run beside which other processes used more than that is repeated, up to
                   8 times; the calmest counts
  --url URL        measure the broker at this amqp:// URL instead of starting Leveret
  --against URL    compare with the broker at this amqp:// URL; 'rabbitmq' starts Debian's
  --json FILE      write every run and the medians
  --markdown FILE  write the tables
  --list           print the shapes
  --help           print this
`;

/** Throws UsageError. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const values = read(args);
  const rounds = number('rounds', values.rounds, values.against === undefined ? 1 : 3, 1);
  if (values.ceiling === true && (values.url ?? values.against) !== undefined) {
    throw new UsageError(
      '--ceiling measures the generator: it goes with neither --url nor --against',
    );
  }
  const chosen = pick(values.shapes);
  return {
    mode: values.help === true ? 'help' : values.list === true ? 'list' : 'run',
    shapes: values.ceiling === true ? chosen.filter((shape) => shape.ceiling) : chosen,
    seconds: number('seconds', values.seconds, 5, 0.1),
    warmupSeconds: number('warmup', values.warmup, 1.5, 0),
    rounds: Math.round(rounds),
    drainMessages: Math.round(number('drain', values.drain, 1_000_000, 1)),
    ceiling: values.ceiling === true,
    calmCores: values.calm === undefined ? undefined : number('calm', values.calm, 0, 0),
    url: checkedUrl(values.url),
    against: values.against === RABBITMQ ? RABBITMQ : checkedUrl(values.against),
    jsonFile: values.json,
    markdownFile: values.markdown,
  };
}

const string = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        shapes: string,
        seconds: string,
        warmup: string,
        calm: string,
        rounds: string,
        drain: string,
        url: string,
        against: string,
        json: string,
        markdown: string,
        ceiling: boolean,
        list: boolean,
        help: boolean,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string | undefined, otherwise: number, least: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value >= least))
    throw new UsageError(`--${name} takes a number from ${least} on, not ${text}`);
  return value;
}

function pick(names: string | undefined): readonly Shape[] {
  if (names === undefined) return SHAPES;
  return names.split(',').flatMap((text) => {
    const name = text.trim();
    const named = SHAPES.filter((one) => one.name === name);
    if (named.length !== 0) return named;
    const group = SHAPES.filter((one) =>
      name === 'memory' ? one.keeping !== 'durable' : one.name.startsWith(`${name}-`),
    );
    if (group.length === 0) throw new UsageError(`no shape is called ${name} (see --list)`);
    return group;
  });
}

function checkedUrl(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  try {
    parseTarget(url);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  return url;
}
