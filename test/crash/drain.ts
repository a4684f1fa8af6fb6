/**
 * The end of a run: takes everything out of all queues, each by one consumer. Whatever is promised
 * has to come, once, and in order.
 */
import type { Message as RawMessage } from 'amqplib';
import type { Ledger } from './ledger/ledger.ts';
import { OrderCheck, Receiver } from './ledger/order.ts';
import type { QueueLedger } from './ledger/queue-ledger.ts';
import type { Link } from './link.ts';
import { countAll } from './restart-checks.ts';

const PREFETCH = 500;
const ACK_EVERY = 100;
/** A queue that says it has more, and sends nothing for as long, is given up. */
const IDLE_LIMIT_MS = 10_000;

export async function drainAll(link: Link, ledger: Ledger): Promise<void> {
  const counts = await countAll(link, ledger);
  for (const [queue, count] of counts) await drain(link, ledger, queue, count);
  for (const [queue, left] of await countAll(link, ledger)) {
    if (left !== 0) ledger.violation(`${queue.name} has ${left} messages after it was drained`);
  }
  ledger.restarts.finish();
}

async function drain(link: Link, ledger: Ledger, queue: QueueLedger, count: number): Promise<void> {
  if (count === 0) return;
  const channel = await link.channel();
  const receiver = new Receiver('the last drain');
  const order = new OrderCheck();
  let left = count;
  let lastMs = Date.now();
  const onMessage = (raw: RawMessage | null): void => {
    if (raw === null) return;
    left--;
    lastMs = Date.now();
    if (left <= 0 || left % ACK_EVERY === 0) channel.ack(raw, true);
    const copy = ledger.delivered(queue.name, raw, receiver);
    if (copy === null) return;
    ledger.drained(copy);
    const before = order.follow(copy.message.stream, copy.id);
    if (before === null) return;
    ledger.violation(`${queue.name}: ${raw.properties.messageId} came behind ${before}`);
  };
  await channel.prefetch(PREFETCH);
  await channel.consume(queue.name, onMessage);
  while (left > 0 && Date.now() - lastMs < IDLE_LIMIT_MS) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (left > 0) ledger.violation(`${queue.name}: ${left} of ${count} messages did not come`);
  await channel.close();
}
