/** What is shown of services behind exchanges, and of a broker that goes away. */
import { deepEqual, equal } from 'node:assert/strict';
import { firstValueFrom, lastValueFrom, timeout } from 'rxjs';
import { OwnBroker } from './own-broker.ts';
import { until } from './report.ts';
import { Services } from './services.ts';

/** Patterns as the handlers have them: a topic exchange sorts messages by them. */
export async function wildcards(services: Services): Promise<void> {
  const queue = services.name('audit');
  await services.service('audit', 'audit', { queue, wildcards: true });
  const client = services.client({ queue, wildcards: true });
  await client.connect();
  equal(await firstValueFrom(client.send('price.tea', 3)), '3 of price.tea');
  const events = ['stock.ink.low', 'stock.ink.high', 'stock.red.ink.low', 'audit.a.b', 'audit'];
  for (const pattern of [...events, 'notice']) {
    await lastValueFrom(client.emit(pattern, pattern), { defaultValue: null });
  }
  // The last one: what it comes after has come, or will not come.
  await until(() => services.journal.of('notice').length === 1);
  const seen = services.journal.entries.filter(({ service }) => service === 'audit');
  deepEqual(
    seen.map(({ pattern, data }) => [pattern, data]),
    ['stock.ink.low', 'audit.a.b', 'audit', 'notice'].map((pattern) => [pattern, pattern]),
  );
}

/** Two services with a queue each get what is emitted to a fanout exchange. */
export async function fanout(services: Services): Promise<void> {
  const exchange = services.name('notices');
  const common = { exchange, exchangeType: 'fanout' };
  for (const service of ['first', 'second']) {
    await services.service('audit', service, { ...common, queue: services.name(service) });
  }
  const client = services.client(common);
  await client.connect();
  await lastValueFrom(client.emit('notice', 'for all'), { defaultValue: null });
  const receivers = (): string[] =>
    services.journal
      .of('notice')
      .filter(({ data }) => data === 'for all')
      .map(({ service }) => service);
  await until(() => receivers().length === 2);
  deepEqual(receivers().sort(), ['first', 'second']);
}

/** What services did not acknowledge would be back in their queues when they are gone. */
export async function nothingLeft(services: Services): Promise<void> {
  equal(await services.close(), 0);
}

/** Service and client come back after their broker was killed and started again. */
export async function brokerKilled(): Promise<void> {
  const broker = new OwnBroker();
  try {
    const services = new Services(await broker.start(), 'own');
    const queue = services.name('orders');
    await services.service('orders', 'orders', { queue });
    const client = services.client({ queue });
    equal(await firstValueFrom(client.send('sum', [1, 2])), 3);
    await broker.kill();
    await broker.start();
    await until(async () => {
      try {
        return (await firstValueFrom(client.send('sum', [3, 4]).pipe(timeout(2_000)))) === 7;
      } catch {
        // Until it is connected again, the client refuses.
        return false;
      }
    });
    await services.close();
  } finally {
    broker.close();
  }
}
