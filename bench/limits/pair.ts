/**
 * The bystanders of a scenario: a publisher and a consumer on a queue of their own, who must not
 * notice what happens beside them.
 *
 * Responsible for starting their thread and for asking it. Not responsible for their traffic
 * (pair-worker.ts).
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PairPlan, PairReport } from './pair-worker.ts';
import type { Stage } from './stage.ts';

/** A worker does not inherit the loader that reads TypeScript: it registers it for itself. */
const WORKER_START = `
  import('tsx/esm/api')
    .then(({ register }) => register())
    .then(() => import(${JSON.stringify(new URL('./pair-worker.ts', import.meta.url).href)}));
`;
const BODY_BYTES = 1024;
/** Fewer than flow control would hold the publisher back for. */
const WINDOW = 64;
const ALONE_SECONDS = 3;

export class Pair {
  /** What they do when nobody else is there. */
  readonly alone: PairReport;
  readonly #stage: Stage;
  readonly #worker: Worker;

  private constructor(stage: Stage, worker: Worker, alone: PairReport) {
    this.#stage = stage;
    this.#worker = worker;
    this.alone = alone;
  }

  /** Starts them and measures what they do alone. */
  static async start(stage: Stage): Promise<Pair> {
    const plan: PairPlan = {
      target: stage.broker.target,
      queue: 'bystanders',
      bodyBytes: BODY_BYTES,
      window: WINDOW,
    };
    const worker = new Worker(WORKER_START, { eval: true, workerData: plan });
    worker.on('error', (error) => stage.fail(error));
    stage.atEnd(() => {
      worker.terminate().catch((error: Error) => stage.fail(error));
    });
    await stage.pause(1);
    await reportOf(stage, worker);
    await stage.pause(ALONE_SECONDS);
    return new Pair(stage, worker, await reportOf(stage, worker));
  }

  /** What they did since they were asked last. */
  report(): Promise<PairReport> {
    return reportOf(this.#stage, this.#worker);
  }

  /** Checks a report: throughput as a share of that alone, and the longest delay. */
  judge(report: PairReport, leastShare: number, mostDelayMs: number): void {
    const share = report.messagesPerSecond / this.alone.messagesPerSecond;
    this.#stage.note('bystanders alone', this.alone.messagesPerSecond, 'messages/s');
    this.#stage.note('bystanders alone, longest delay', this.alone.longest, 'ms');
    this.#stage.atLeast('bystanders, share of that', share * 100, leastShare * 100, '%');
    this.#stage.note('bystanders, p99 delay', report.p99, 'ms');
    this.#stage.atMost('bystanders, longest delay', report.longest, mostDelayMs, 'ms');
  }
}

async function reportOf(stage: Stage, worker: Worker): Promise<PairReport> {
  const answer = once(worker, 'message');
  worker.postMessage('report');
  const [report] = await stage.guard(answer);
  return report as PairReport;
}
