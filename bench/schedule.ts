/**
 * Runs shapes in turn on one or two brokers and keeps what every run gave.
 *
 * Responsible for the order (A B A B A B for each shape, so that a change of the machine's mood
 * hits both), for waiting until both brokers are quiet, for time limits, for starting a broker
 * again that died, and for a failed run being a result like any other. Not responsible for figures
 * (report.ts).
 */
import type { BenchOptions } from './options.ts';
import type { Shape } from './runners/shape.ts';
import {
  type BrokerProcess,
  type Keeping,
  startLeveret,
  startNullBroker,
  startRabbitmq,
} from './support/broker-process.ts';
import { BenchConnection } from './support/connection.ts';
import { measureFloor } from './support/floor.ts';
import type { Sample } from './support/measure.ts';
import { Rig } from './support/rig.ts';
import { removeFolder, scratchFolder } from './support/scratch.ts';
import { parseTarget } from './support/target.ts';
import { pidListeningOn, untilQuiet } from './support/usage.ts';

const FLOOR_SECONDS = 1;
/** Runs, of which the calmest is kept. */
const MOST_TRIES = 8;

/** One broker under test: one that runs already, or one that is started here. */
export class Contender {
  readonly label: string;
  /** Product and version as the broker gives them; known after the first use. */
  serverName = 'unknown';
  private url: string;
  /** undefined when it is not known (a broker elsewhere, no /proc). */
  pid: number | undefined;
  private readonly start: ((keeping: Keeping) => Promise<BrokerProcess>) | undefined;
  private own: BrokerProcess | undefined;
  private keeping: Keeping = 'memory';
  /** Whether another `keeping` takes another process. */
  private readonly adapts: boolean;

  private constructor(
    label: string,
    url: string,
    start: ((keeping: Keeping) => Promise<BrokerProcess>) | undefined,
    adapts = false,
  ) {
    this.adapts = adapts;
    this.label = label;
    this.url = url;
    this.start = start;
  }

  static running(label: string, url: string): Contender {
    const contender = new Contender(label, url, undefined);
    const { host, port } = parseTarget(url);
    const local = host === 'localhost' || host === '::1' || host.startsWith('127.');
    contender.pid = local ? pidListeningOn(port) : undefined;
    return contender;
  }

  static leveret(): Contender {
    return new Contender('leveret', '', startLeveret, true);
  }

  /** Debian's, started here. */
  static rabbitmq(): Contender {
    return new Contender('against', '', startRabbitmq);
  }

  static nothing(): Contender {
    return new Contender('null', '', startNullBroker, true);
  }

  /**
   * Starts the process where that is needed, another one for another `keeping`; throws when the
   * broker cannot be reached.
   */
  async ready(keeping: Keeping = 'memory'): Promise<void> {
    const fits = !this.adapts || keeping === this.keeping;
    if (this.start !== undefined && !(fits && this.own?.isRunning() === true)) {
      await this.own?.stop();
      this.keeping = keeping;
      this.own = await this.start(keeping);
      this.url = this.own.url;
      this.pid = this.own.pid;
    }
    const probe = await BenchConnection.open(parseTarget(this.url), {
      onFailure: (error) => process.stderr.write(`${this.label}: ${error.message}\n`),
    });
    this.serverName = probe.serverName;
    await probe.close();
  }

  async run(shape: Shape, options: BenchOptions): Promise<Sample> {
    await this.ready(shape.keeping);
    const limitSeconds = shape.extraSeconds + options.warmupSeconds + options.seconds * 3;
    const rig = new Rig(parseTarget(this.url), limitSeconds * 1e3);
    const interrupted = (): void => rig.fail(new Error('interrupted'));
    process.once('SIGINT', interrupted);
    let sample: Sample;
    try {
      sample = await shape.run({
        rig,
        brokerPid: this.pid,
        probe: this.own?.probe,
        seconds: options.seconds,
        warmupSeconds: options.warmupSeconds,
        drainMessages: options.drainMessages,
      });
    } finally {
      process.removeListener('SIGINT', interrupted);
      await rig.dispose();
    }
    return shape.floor === true ? this.withFloor(sample) : sample;
  }

  /** Adds what a bare loop does with the batches that the broker just wrote. */
  private async withFloor(sample: Sample): Promise<Sample> {
    const writes = this.own?.probe?.last;
    if (sample.store === undefined || writes === undefined) return sample;
    await untilQuiet(pidsOf([this]));
    const folder = scratchFolder();
    const floorSyncs = measureFloor(folder, writes, FLOOR_SECONDS);
    removeFolder(folder);
    return { ...sample, store: { ...sample.store, floorSyncs } };
  }

  async stop(): Promise<void> {
    await this.own?.stop();
  }
}

/** What all runs of one shape at one broker gave. */
export interface ShapeRuns {
  readonly shape: Shape;
  readonly contender: Contender;
  readonly samples: readonly Sample[];
  readonly failures: readonly string[];
}

/** Runs everything; `progress` is told of every single run. */
export async function runAll(
  contenders: readonly Contender[],
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<ShapeRuns[]> {
  const results: ShapeRuns[] = [];
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  for (const shape of options.shapes) {
    const runs = contenders.map((contender) => ({
      shape,
      contender,
      samples: [] as Sample[],
      failures: [] as string[],
    }));
    for (let round = 1; round <= options.rounds; round++) {
      for (const { contender, samples, failures } of runs) {
        if (interrupted) return results;
        const where = `${shape.name} ${contender.label} ${round}/${options.rounds}`;
        try {
          await untilQuiet(pidsOf(contenders));
          const sample = await calmRun(contender, shape, options);
          samples.push(sample);
          progress(`${where}: ${headlineText(shape, sample)}`);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          failures.push(text);
          progress(`${where}: FAILED: ${text}`);
        }
      }
    }
    results.push(...runs);
  }
  return results;
}

/** A run beside which others left the machine alone; the calmest, where none was calm enough. */
async function calmRun(contender: Contender, shape: Shape, options: BenchOptions): Promise<Sample> {
  let best = await contender.run(shape, options);
  const { calmCores } = options;
  if (calmCores === undefined) return best;
  for (let tries = 1; tries < MOST_TRIES && (best.otherCores ?? 0) > calmCores; tries++) {
    await untilQuiet(pidsOf([contender]));
    const sample = await contender.run(shape, options);
    if ((sample.otherCores ?? 0) < (best.otherCores ?? 0)) best = sample;
  }
  return best;
}

function pidsOf(contenders: readonly Contender[]): number[] {
  return contenders.map(({ pid }) => pid).filter((pid) => pid !== undefined);
}

/** The shape's headline figure; undefined when the sample lacks it. */
export function headlineOf(shape: Shape, sample: Sample): number | undefined {
  return shape.headline === 'p99' ? sample.latency?.p99 : sample[shape.headline];
}

function headlineText(shape: Shape, sample: Sample): string {
  const value = headlineOf(shape, sample);
  if (value === undefined) return 'no figure';
  return shape.headline === 'p99'
    ? `p99 ${value.toFixed(3)} ms`
    : `${Math.round(value).toLocaleString('en-US')} ${shape.headline}/s`;
}
