/**
 * Settling: each form of ack, nack and reject, where a requeued message comes back, recover, what
 * the end of a channel returns; transactions. Reference: A7.6 to A7.9, A9.3.
 */
import { type Subject, scenario } from '../scenario.ts';
import type { Speaker } from '../speaker.ts';
import type { Stage } from '../stage.ts';
import { drain } from './exchanges.ts';

/** A queue with '1' to `count`, all of them outstanding on channel 1 by basic.get. */
async function outstanding(stage: Stage, count: number): Promise<Speaker> {
  const speaker = await stage.channel();
  await speaker.ask(1, 'queue.declare', { queue: stage.q });
  await speaker.fill(stage.q, ...Array.from({ length: count }, (_, index) => String(index + 1)));
  for (let n = 0; n < count; n++) await speaker.ask(1, 'basic.get', { queue: stage.q });
  return speaker;
}

/** Closes the channel, so that what is not settled returns, and shows what there is then. */
async function rest(speaker: Speaker, stage: Stage, messages: number): Promise<void> {
  await speaker.ask(1, 'channel.close');
  await speaker.open(1);
  await speaker.ready(1, stage.q, messages);
  await drain(speaker, stage.q);
}

export const settling: Subject = {
  subject: 'settling',
  scenarios: [
    scenario('A7.6', 'ack one, out of order', async (stage) => {
      const speaker = await outstanding(stage, 4);
      for (const deliveryTag of [3, 1]) speaker.tell(1, 'basic.ack', { deliveryTag });
      await rest(speaker, stage, 2);
    }),
    scenario('A7.6', 'ack several', async (stage) => {
      const speaker = await outstanding(stage, 5);
      speaker.tell(1, 'basic.ack', { deliveryTag: 2 });
      speaker.tell(1, 'basic.ack', { deliveryTag: 3, multiple: true });
      await rest(speaker, stage, 2);
    }),
    scenario('A7.6', 'ack 0 with multiple is all', async (stage) => {
      const speaker = await outstanding(stage, 3);
      speaker.tell(1, 'basic.ack', { deliveryTag: 0, multiple: true });
      await rest(speaker, stage, 0);
    }),
    scenario('A7.6', 'ack 0 with multiple when there is nothing', async (stage) => {
      const speaker = await outstanding(stage, 0);
      speaker.tell(1, 'basic.ack', { deliveryTag: 0, multiple: true });
      await speaker.fence(1);
    }),
    scenario('A7.6', 'ack of several up to a tag that is settled', async (stage) => {
      const speaker = await outstanding(stage, 3);
      speaker.tell(1, 'basic.ack', { deliveryTag: 2 });
      speaker.tell(1, 'basic.ack', { deliveryTag: 2, multiple: true });
      await speaker.fence(1);
      await speaker.open(1);
      await speaker.ready(1, stage.q, 1);
      await drain(speaker, stage.q);
    }),
    scenario('A7.7', 'nack one to where it was', async (stage) => {
      const speaker = await outstanding(stage, 3);
      await speaker.fill(stage.q, '4', '5');
      speaker.tell(1, 'basic.nack', { deliveryTag: 2, requeue: true });
      await speaker.ready(1, stage.q, 3);
      await drain(speaker, stage.q);
    }),
    scenario('A7.7', 'nack several, in their order', async (stage) => {
      const speaker = await outstanding(stage, 4);
      await speaker.fill(stage.q, '5');
      speaker.tell(1, 'basic.nack', { deliveryTag: 3, multiple: true, requeue: true });
      await speaker.ready(1, stage.q, 4);
      await drain(speaker, stage.q);
    }),
    scenario('A7.7', 'returned one by one, backwards', async (stage) => {
      const speaker = await outstanding(stage, 4);
      for (const deliveryTag of [4, 2, 3, 1]) {
        speaker.tell(1, 'basic.reject', { deliveryTag, requeue: true });
      }
      await speaker.ready(1, stage.q, 4);
      await drain(speaker, stage.q);
    }),
    scenario('A7.6', 'nack and reject that drop', async (stage) => {
      const speaker = await outstanding(stage, 4);
      speaker.tell(1, 'basic.reject', { deliveryTag: 4 });
      speaker.tell(1, 'basic.nack', { deliveryTag: 2, multiple: true });
      await rest(speaker, stage, 1);
    }),
    scenario('A7.6', 'nack 0 with multiple returns all', async (stage) => {
      const speaker = await outstanding(stage, 3);
      speaker.tell(1, 'basic.nack', { deliveryTag: 0, multiple: true, requeue: true });
      await speaker.ready(1, stage.q, 3);
      await drain(speaker, stage.q);
    }),
    scenario('A7.7', 'a returned message comes again to its consumer', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.fill(stage.q, '1', '2');
      await speaker.ask(1, 'basic.qos', { prefetchCount: 1 });
      await speaker.ask(1, 'basic.consume', { queue: stage.q });
      await speaker.take(1);
      for (const deliveryTag of [1, 2, 3]) {
        speaker.tell(1, 'basic.nack', { deliveryTag, requeue: true });
        await speaker.take(1);
      }
    }),
    scenario(
      'A7.8',
      'redelivered is said of what came back, and of nothing else',
      async (stage) => {
        const speaker = await outstanding(stage, 2);
        await speaker.fill(stage.q, '3');
        speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
        speaker.tell(1, 'basic.nack', { deliveryTag: 2, requeue: true });
        await speaker.ready(1, stage.q, 2);
        await speaker.ask(1, 'basic.consume', { queue: stage.q, noAck: true });
        await speaker.takeMany(1, 2);
      },
    ),
    scenario('A7.9', 'what a channel leaves behind returns in its place', async (stage) => {
      const speaker = await outstanding(stage, 3);
      await speaker.fill(stage.q, '4');
      speaker.tell(1, 'basic.ack', { deliveryTag: 2 });
      await rest(speaker, stage, 3);
    }),
    scenario('A7.9', 'what a lost connection leaves behind returns', async (stage) => {
      const gone = await outstanding(stage, 3);
      const speaker = await stage.channel();
      gone.leave();
      gone.peer.drop();
      await speaker.ready(1, stage.q, 3);
      await drain(speaker, stage.q);
    }),
    scenario('A.3', 'recover returns all that is outstanding', async (stage) => {
      const speaker = await outstanding(stage, 3);
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      await speaker.ask(1, 'basic.recover', { requeue: true });
      await speaker.ready(1, stage.q, 2);
      await drain(speaker, stage.q);
    }),
    scenario('A.3', 'recover-async says nothing', async (stage) => {
      const speaker = await outstanding(stage, 2);
      speaker.tell(1, 'basic.recover-async', { requeue: true });
      await speaker.ready(1, stage.q, 2);
      await drain(speaker, stage.q);
    }),
    scenario('A.3 A9.3', 'recover with a consumer', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.fill(stage.q, '1', '2');
      await speaker.ask(1, 'basic.consume', { queue: stage.q });
      await speaker.takeMany(1, 2);
      await speaker.ask(1, 'basic.recover', { requeue: true });
      await speaker.takeMany(1, 2);
    }),
    scenario('A7.6', 'a tag of another channel', async (stage) => {
      const speaker = await outstanding(stage, 1);
      await speaker.open(2);
      await speaker.ask(2, 'basic.ack', { deliveryTag: 1 });
    }),
    scenario('A7.6', 'tags settled twice by each form', async (stage) => {
      const speaker = await outstanding(stage, 3);
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      await speaker.ask(1, 'basic.reject', { deliveryTag: 1, requeue: true });
      await speaker.open(1);
      await speaker.ready(1, stage.q, 2);
      await speaker.ask(1, 'basic.get', { queue: stage.q });
      speaker.tell(1, 'basic.nack', { deliveryTag: 1 });
      await speaker.ask(1, 'basic.nack', { deliveryTag: 1 });
    }),
    scenario('A7.6', 'outstanding messages of a queue that is deleted', async (stage) => {
      const speaker = await outstanding(stage, 2);
      await speaker.ask(1, 'queue.delete', { queue: stage.q });
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      speaker.tell(1, 'basic.nack', { deliveryTag: 2, requeue: true });
      await speaker.fence(1);
      await speaker.ask(1, 'basic.ack', { deliveryTag: 2 });
    }),
  ],
};

/** A channel in tx mode with a queue. */
async function transactional(stage: Stage): Promise<Speaker> {
  const speaker = await stage.channel();
  await speaker.ask(1, 'queue.declare', { queue: stage.q });
  await speaker.ask(1, 'tx.select');
  return speaker;
}

export const transactions: Subject = {
  subject: 'tx',
  scenarios: [
    scenario('A9.3', 'publishes count at commit', async (stage) => {
      const speaker = await transactional(stage);
      speaker.publish(1, { routingKey: stage.q }, {}, '1');
      speaker.publish(1, { routingKey: stage.q }, {}, '2');
      await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
      await speaker.ask(1, 'tx.commit');
      await speaker.ready(1, stage.q, 2);
      await drain(speaker, stage.q);
    }),
    scenario('A9.3', 'rollback forgets publishes', async (stage) => {
      const speaker = await transactional(stage);
      speaker.publish(1, { routingKey: stage.q }, {}, '1');
      await speaker.ask(1, 'tx.rollback');
      speaker.publish(1, { routingKey: stage.q }, {}, '2');
      await speaker.ask(1, 'tx.commit');
      await speaker.ready(1, stage.q, 1);
      await drain(speaker, stage.q);
    }),
    scenario('A9.3', 'acks count at commit', async (stage) => {
      const speaker = await transactional(stage);
      await speaker.fill(stage.q, '1', '2', '3');
      for (let n = 0; n < 3; n++) await speaker.ask(1, 'basic.get', { queue: stage.q });
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      speaker.tell(1, 'basic.nack', { deliveryTag: 2, requeue: true });
      speaker.tell(1, 'basic.reject', { deliveryTag: 3 });
      await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
      await speaker.ask(1, 'tx.commit');
      await speaker.ready(1, stage.q, 1);
      await drain(speaker, stage.q);
    }),
    scenario('A9.3', 'rollback forgets acks, which may come again', async (stage) => {
      const speaker = await transactional(stage);
      await speaker.fill(stage.q, '1', '2');
      for (let n = 0; n < 2; n++) await speaker.ask(1, 'basic.get', { queue: stage.q });
      speaker.tell(1, 'basic.ack', { deliveryTag: 2, multiple: true });
      await speaker.ask(1, 'tx.rollback');
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      await speaker.ask(1, 'tx.commit');
      await speaker.ask(1, 'channel.close');
      await speaker.open(1);
      await speaker.ready(1, stage.q, 1);
      await drain(speaker, stage.q);
    }),
    scenario('A9.3', 'a return at commit, before commit-ok', async (stage) => {
      const speaker = await transactional(stage);
      speaker.publish(1, { routingKey: 'parity.none', mandatory: true }, {}, 'returned');
      await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
      speaker.tell(1, 'tx.commit');
      await speaker.takeMany(1, 2);
    }),
    ...[false, true].map((again) =>
      scenario('A9.3', `a queue deleted before commit, declared again: ${again}`, async (stage) => {
        const speaker = await transactional(stage);
        for (const mandatory of [true, false]) {
          speaker.publish(1, { routingKey: stage.q, mandatory }, {}, `mandatory: ${mandatory}`);
        }
        await speaker.ask(1, 'queue.delete', { queue: stage.q });
        if (again) await speaker.ask(1, 'queue.declare', { queue: stage.q });
        speaker.tell(1, 'tx.commit');
        await speaker.takeMany(1, again ? 1 : 2);
        if (again) await speaker.ready(1, stage.q, 2);
        if (again) await drain(speaker, stage.q);
      }),
    ),
    scenario('A9.3', 'a publish to what is missing is refused at once', async (stage) => {
      const speaker = await transactional(stage);
      speaker.publish(1, { exchange: `${stage.x}.missing` });
      await speaker.take(1);
    }),
    scenario('A9.3', 'an unknown tag is refused at once', async (stage) => {
      const speaker = await transactional(stage);
      await speaker.ask(1, 'basic.ack', { deliveryTag: 7 });
    }),
    scenario('A9.3', 'a tag acked twice before commit', async (stage) => {
      const speaker = await transactional(stage);
      await speaker.fill(stage.q, '1');
      await speaker.ask(1, 'basic.get', { queue: stage.q });
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      await speaker.ask(1, 'basic.ack', { deliveryTag: 1 });
    }),
    scenario('A9.3', 'empty commit and rollback, select again', async (stage) => {
      const speaker = await transactional(stage);
      await speaker.ask(1, 'tx.commit');
      await speaker.ask(1, 'tx.rollback');
      await speaker.ask(1, 'tx.select');
      await speaker.ask(1, 'tx.commit');
    }),
    scenario('A9.3', 'a channel that closes forgets its transaction', async (stage) => {
      const speaker = await transactional(stage);
      speaker.publish(1, { routingKey: stage.q }, {}, '1');
      await speaker.ask(1, 'channel.close');
      await speaker.open(1);
      await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    }),
    scenario('A9.3', 'deliveries under tx with prefetch', async (stage) => {
      const speaker = await transactional(stage);
      await speaker.fill(stage.q, '1', '2', '3');
      await speaker.ask(1, 'basic.qos', { prefetchCount: 1 });
      await speaker.ask(1, 'basic.consume', { queue: stage.q });
      await speaker.take(1);
      speaker.tell(1, 'basic.ack', { deliveryTag: 1 });
      await speaker.fence(1, stage.q);
      await speaker.ask(1, 'tx.commit');
      await speaker.take(1);
    }),
  ],
};
