/**
 * `npm run bench:store`: starting again after SIGKILL, and a very long queue.
 *
 * Responsible for running the cases one after the other, each on a broker with a data folder of its
 * own, beside RabbitMQ where that is asked for, and for the table. A case that fails or takes too
 * long is a line of it; exit code 1 then, 2 for wrong usage.
 */
import { parseArgs } from 'node:util';
import { newLeveret, newRabbitmq } from './store/broker.ts';
import { longQueue } from './store/long-queue.ts';
import { restartWithMessages, restartWithQueues } from './store/restart.ts';
import { type Figure, Stage } from './store/stage.ts';
import { buildIfNeeded } from './support/broker-process.ts';
import { textTable } from './support/table.ts';

const HELP = `Measures durable storage: restarts after SIGKILL, a very long queue.

  --only a,b      of restart-messages, restart-queues, long-queue (default all)
  --messages N    in the queue of restart-messages (default 1000000)
  --queues N      of restart-queues, a message in each (default 10000)
  --long N        messages of long-queue, 1 KiB each (default 10000000; takes twice their size)
  --limit N       seconds that a case may take at one broker (default 900; at RabbitMQ 240)
  --rabbitmq      also Debian's RabbitMQ
`;
const RABBITMQ_LIMIT_SECONDS = 240;

interface Case {
  readonly name: string;
  readonly title: string;
  readonly play: (stage: Stage) => Promise<void>;
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 1)) throw new RangeError(`--${name} takes a number from 1 on, not ${text}`);
  return Math.round(value);
}

function casesOf(sizes: { messages: number; queues: number; long: number }): Case[] {
  const count = (value: number): string => value.toLocaleString('en-US');
  return [
    {
      name: 'restart-messages',
      title: `restart, ${count(sizes.messages)} x 1 KiB in one queue`,
      play: (stage) => restartWithMessages(stage, sizes.messages),
    },
    {
      name: 'restart-queues',
      title: `restart, ${count(sizes.queues)} queues with a message each`,
      play: (stage) => restartWithQueues(stage, sizes.queues),
    },
    {
      name: 'long-queue',
      title: `${count(sizes.long)} x 1 KiB in one queue`,
      play: (stage) => longQueue(stage, sizes.long),
    },
  ];
}

async function run(
  { play }: Case,
  stage: Stage,
): Promise<{ figures: readonly Figure[]; isDone: boolean }> {
  let isDone = true;
  try {
    await play(stage);
  } catch (error) {
    isDone = false;
    stage.note('failed', error instanceof Error ? error.message : String(error));
  } finally {
    await stage.dispose();
  }
  return { figures: stage.figures, isDone };
}

async function main(): Promise<number> {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    options: {
      only: text('restart-messages,restart-queues,long-queue'),
      messages: text('1000000'),
      queues: text('10000'),
      long: text('10000000'),
      limit: text('900'),
      rabbitmq: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const all = casesOf({
    messages: number('messages', values.messages),
    queues: number('queues', values.queues),
    long: number('long', values.long),
  });
  const names = values.only.split(',');
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) throw new RangeError(`no case is called ${unknown}`);
  const limit = number('limit', values.limit);
  buildIfNeeded();
  const rows: string[][] = [];
  let isAllDone = true;
  for (const one of all.filter(({ name }) => names.includes(name))) {
    const stages = [new Stage(await newLeveret(), limit)];
    if (values.rabbitmq) {
      stages.push(new Stage(await newRabbitmq(), Math.min(limit, RABBITMQ_LIMIT_SECONDS)));
    }
    for (const stage of stages) {
      const { figures, isDone } = await run(one, stage);
      isAllDone &&= isDone;
      const { label } = stage.broker;
      rows.push(...figures.map(({ what, value, goal }) => [one.title, label, what, value, goal]));
    }
  }
  process.stdout.write(
    `\n${textTable({ head: ['case', 'broker', 'what', 'figure', 'goal'], rows })}`,
  );
  return isAllDone ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
