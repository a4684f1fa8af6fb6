/**
 * What a user with few rights may do, operation by operation: the user `limited` may configure,
 * write and read what begins with `may.`. Reference: A.4 (403), A9.5, B1.3.
 */
import type { MethodFields, MethodName } from '../../../protocol/spec.ts';
import type { FieldTable } from '../../../protocol/table.ts';
import { inWorld, type Scenario, type Subject } from '../scenario.ts';
import { texts } from './exchanges.ts';

const LIMITED = { user: 'limited', password: 'limited' };
const POSING = { user: 'posing', password: 'posing' };
const TTL: FieldTable = new Map([['x-message-ttl', { type: 'I', value: 1000 }]]);

interface Names {
  /** Of things that guest made and the user may not touch. */
  readonly q: string;
  readonly x: string;
  /** Of things that the user may touch. */
  readonly may: string;
  readonly mayX: string;
}

function tries<N extends MethodName>(
  name: string,
  method: N,
  fields: (names: Names) => Partial<MethodFields<N>>,
): Scenario {
  return inWorld('A.4 B1.3', name, async (stage) => {
    const owner = await stage.channel();
    const names = { q: stage.q, x: stage.x, may: `may.${stage.q}`, mayX: `may.${stage.x}` };
    await owner.ask(1, 'queue.declare', { queue: names.q });
    await owner.ask(1, 'queue.declare', { queue: names.may });
    await owner.ask(1, 'exchange.declare', { exchange: names.x, type: 'topic' });
    await owner.ask(1, 'exchange.declare', { exchange: names.mayX, type: 'topic' });
    const speaker = await stage.channel(LIMITED);
    if (method === 'basic.publish') {
      speaker.publish(1, fields(names) as Partial<MethodFields<'basic.publish'>>);
      await speaker.fence(1);
    } else {
      await speaker.ask(1, method, fields(names));
    }
    await owner.ask(1, 'queue.delete', { queue: names.may });
    await owner.ask(1, 'exchange.delete', { exchange: names.mayX });
  });
}

export const permissions: Subject = {
  subject: 'permissions',
  scenarios: [
    tries('declare a queue', 'queue.declare', ({ q }) => ({ queue: `${q}.new` })),
    tries('declare one that is there', 'queue.declare', ({ q }) => ({ queue: q })),
    tries('declare passively', 'queue.declare', ({ q }) => ({ queue: q, passive: true })),
    tries('declare passively what is missing', 'queue.declare', ({ q }) => ({
      queue: `${q}.missing`,
      passive: true,
    })),
    tries('declare one that is allowed', 'queue.declare', ({ may }) => ({ queue: may })),
    tries('declare one with a name of the server', 'queue.declare', () => ({})),
    tries('declare one with a dead-letter exchange', 'queue.declare', ({ may, x }) => ({
      queue: `${may}.new`,
      autoDelete: true,
      arguments: texts({ 'x-dead-letter-exchange': x }),
    })),
    tries('declare one otherwise', 'queue.declare', ({ may }) => ({ queue: may, arguments: TTL })),
    tries('delete a queue', 'queue.delete', ({ q }) => ({ queue: q })),
    tries('delete a queue that is missing', 'queue.delete', ({ q }) => ({ queue: `${q}.missing` })),
    tries('purge a queue', 'queue.purge', ({ q }) => ({ queue: q })),
    tries('purge one that is allowed', 'queue.purge', ({ may }) => ({ queue: may })),
    tries('consume', 'basic.consume', ({ q }) => ({ queue: q })),
    tries('consume from what is missing', 'basic.consume', ({ q }) => ({ queue: `${q}.missing` })),
    tries('get', 'basic.get', ({ q }) => ({ queue: q })),
    tries('get from one that is allowed', 'basic.get', ({ may }) => ({ queue: may })),
    tries('bind: queue not allowed', 'queue.bind', ({ q, mayX }) => ({
      queue: q,
      exchange: mayX,
    })),
    tries('bind: exchange not allowed', 'queue.bind', ({ may, x }) => ({
      queue: may,
      exchange: x,
    })),
    tries('bind: both allowed', 'queue.bind', ({ may, mayX }) => ({ queue: may, exchange: mayX })),
    tries('unbind: queue not allowed', 'queue.unbind', ({ q, mayX }) => ({
      queue: q,
      exchange: mayX,
    })),
    tries('bind exchanges: destination not allowed', 'exchange.bind', ({ x, mayX }) => ({
      destination: x,
      source: mayX,
    })),
    tries('bind exchanges: source not allowed', 'exchange.bind', ({ x, mayX }) => ({
      destination: mayX,
      source: x,
    })),
    tries('declare an exchange', 'exchange.declare', ({ x }) => ({
      exchange: `${x}.new`,
      type: 'direct',
    })),
    tries('declare an exchange passively', 'exchange.declare', ({ x }) => ({
      exchange: x,
      passive: true,
    })),
    tries('declare an exchange with an alternate', 'exchange.declare', ({ mayX, x }) => ({
      exchange: `${mayX}.new`,
      type: 'direct',
      autoDelete: true,
      arguments: texts({ 'alternate-exchange': x }),
    })),
    tries('delete an exchange', 'exchange.delete', ({ x }) => ({ exchange: x })),
    tries('publish', 'basic.publish', ({ x }) => ({ exchange: x })),
    tries('publish to the default exchange', 'basic.publish', ({ may }) => ({ routingKey: may })),
    tries('publish to what is missing', 'basic.publish', ({ x }) => ({
      exchange: `${x}.missing`,
    })),
    tries('publish to one that is allowed', 'basic.publish', ({ mayX }) => ({ exchange: mayX })),
    inWorld('A9.5', 'an impersonator may name another user', async (stage) => {
      const speaker = await stage.channel(POSING);
      await speaker.ask(1, 'queue.declare', { queue: stage.q });
      await speaker.put({ routingKey: stage.q }, { userId: 'somebody' });
      await speaker.ask(1, 'basic.get', { queue: stage.q, noAck: true });
    }),
  ],
};
