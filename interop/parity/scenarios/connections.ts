/**
 * A connection and its channels from open to close: numbers, limits, closing from either side,
 * flow, update-secret, heartbeats. Reference: A1.4, A1.6, A3.8, A3.11, A3.12, A.4.
 */
import { type Subject, scenario } from '../scenario.ts';

export const connections: Subject = {
  subject: 'connections',
  scenarios: [
    scenario('A.3', 'close by the client', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(0, 'connection.close', { replyCode: 200, replyText: 'Goodbye' });
      speaker.leave();
    }),
    scenario('A.3', 'who ends the stream after close-ok', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(0, 'connection.close', { replyCode: 200, replyText: 'Goodbye' });
      await speaker.ends();
    }),
    scenario('A.3', 'close with channels and consumers open', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2, 3);
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.ask(2, 'basic.consume', { queue: stage.q });
      await speaker.ask(0, 'connection.close', { replyCode: 200, replyText: 'Goodbye' });
      speaker.leave();
    }),
    scenario('A.3', 'what is sent behind close is dropped', async (stage) => {
      const speaker = await stage.channel();
      speaker.tell(0, 'connection.close');
      speaker.tell(1, 'queue.declare', { queue: stage.q });
      await speaker.take(0);
      speaker.leave();
      const other = await stage.channel();
      await other.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    }),
    scenario('A3.11', 'a channel closed and opened again', async (stage) => {
      const speaker = await stage.channel();
      for (let round = 0; round < 3; round++) {
        await speaker.ask(1, 'channel.close', { replyCode: 200, replyText: 'Goodbye' });
        await speaker.open(1);
      }
    }),
    scenario('A3.11', 'a channel that the server closed, opened again', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
      await speaker.open(1);
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
    }),
    scenario('A3.11', 'what a closing channel gets is dropped', async (stage) => {
      const speaker = await stage.channel();
      speaker.tell(1, 'queue.declare', { queue: `${stage.q}.missing`, passive: true });
      speaker.tell(1, 'queue.declare', { queue: stage.q });
      speaker.publish(1, { routingKey: stage.q });
      await speaker.take(1);
      await speaker.open(1);
      await speaker.ask(1, 'queue.declare', { queue: stage.q, passive: true });
    }),
    scenario('A3.11', 'a channel closed by both at once', async (stage) => {
      const speaker = await stage.channel();
      speaker.tell(1, 'queue.declare', { queue: `${stage.q}.missing`, passive: true });
      speaker.tell(1, 'channel.close', { replyCode: 200, replyText: 'Goodbye' });
      await speaker.takeMany(1, 2);
      await speaker.open(1);
    }),
    scenario('A1.4 A.4', 'the highest channel, and one beyond', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(2047);
      await speaker.ask(2048, 'channel.open');
    }),
    scenario('A.4', 'one channel too many', async (stage) => {
      const speaker = await stage.connect({ channelMax: 2 });
      await speaker.open(1, 2);
      await speaker.ask(3, 'channel.open');
    }),
    scenario('A.4', 'a channel of a free number once another is closed', async (stage) => {
      const speaker = await stage.connect({ channelMax: 2 });
      await speaker.open(1, 2);
      await speaker.ask(1, 'channel.close');
      await speaker.open(1);
    }),
    scenario('A3.8', 'channel.flow, active', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'channel.flow', { active: true });
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
    }),
    scenario('A.3', 'access.request', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'access.request', { realm: '/data', active: true, read: true });
    }),
    scenario('A3.12', 'update-secret', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(0, 'connection.update-secret', {
        newSecret: Buffer.from('secret'),
        reason: 'because',
      });
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
    }),
    scenario('A.4', 'an error on one channel leaves the others', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2);
      await speaker.ask(2, 'queue.declare', { queue: stage.q });
      await speaker.ask(1, 'queue.purge', { queue: `${stage.q}.missing` });
      await speaker.ask(2, 'queue.purge', { queue: stage.q });
    }),
    scenario('A.4', 'an error of the connection ends all channels', async (stage) => {
      const speaker = await stage.connect();
      await speaker.open(1, 2);
      await speaker.ask(2, 'queue.declare', { queue: stage.q });
      await speaker.ask(2, 'basic.consume', { queue: stage.q, consumerTag: 't' });
      await speaker.ask(2, 'basic.consume', { queue: stage.q, consumerTag: 't' });
      await speaker.ends();
    }),
    scenario('A.4', 'close-ok that nobody waits for, on a channel', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'channel.close-ok');
    }),
    scenario('A.4', 'close-ok that nobody waits for, of the connection', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(0, 'connection.close-ok');
    }),
    scenario('A.4', 'a second open of a channel', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'channel.open');
    }),
    scenario('A.4', 'blocked and unblocked from a client', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(0, 'connection.blocked', { reason: 'x' });
    }),
    scenario('A1.6', 'heartbeats are sent to a silent client', async (stage) => {
      const speaker = await stage.connect({ heartbeat: 1 });
      const { wire } = speaker;
      await wire.until(
        () => (wire.heartbeats > 0 ? true : undefined),
        () => 'a heartbeat',
      );
    }),
    scenario('A1.6', 'a client that sends nothing is cut off', async (stage) => {
      const speaker = await stage.connect({ heartbeat: 1 });
      await speaker.ends();
    }),
    scenario('A1.6', 'without a heartbeat none is sent', async (stage) => {
      const speaker = await stage.channel();
      await speaker.fence(1);
      speaker.note(`${speaker.wire.heartbeats} heartbeats`);
    }),
    scenario('A1.8', 'a long name in an error text', async (stage) => {
      const speaker = await stage.channel();
      await speaker.ask(1, 'queue.declare', { queue: 'n'.repeat(255), passive: true });
      await speaker.open(1);
      await speaker.ask(1, 'exchange.declare', { exchange: 'é'.repeat(120), passive: true });
    }),
  ],
};
