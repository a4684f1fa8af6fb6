/** What is shown of a service with one queue: requests, events, acknowledgements, prefetch. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { type ClientProxy, RmqRecordBuilder } from '@nestjs/microservices';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { until } from './report.ts';
import type { Services } from './services.ts';

const MANY = 100;
const PREFETCH = 3;
const SLOW = 12;

export class QueueChecks {
  readonly #services: Services;
  readonly #queue: string;
  readonly #client: ClientProxy;

  constructor(services: Services) {
    this.#services = services;
    this.#queue = services.name('orders');
    this.#client = services.client({ queue: this.#queue });
  }

  async start(): Promise<void> {
    await this.#services.service('orders', 'orders', {
      queue: this.#queue,
      prefetchCount: PREFETCH,
    });
    await this.#client.connect();
  }

  async request(): Promise<void> {
    equal(await this.#ask('sum', [1, 2, 3]), 6);
    const sums = Array.from({ length: MANY }, (_, index) => this.#ask('sum', [index, 1]));
    deepEqual(
      await Promise.all(sums),
      sums.map((_, index) => index + 1),
    );
  }

  async record(): Promise<void> {
    const record = new RmqRecordBuilder({ text: 'Grüße' })
      .setOptions({ headers: { 'x-version': '1.0.0' }, priority: 3 })
      .build();
    const answer = (await this.#ask({ cmd: 'describe' }, record)) as Record<string, unknown>;
    const { replyTo, ...rest } = answer;
    deepEqual(rest, {
      data: { text: 'Grüße' },
      headers: { 'x-version': '1.0.0' },
      priority: 3,
    });
    match(String(replyTo), /^amq\.rabbitmq\.reply-to\./);
  }

  async stream(): Promise<void> {
    const values = this.#client.send<number>('countdown', 5).pipe(toArray());
    deepEqual(await lastValueFrom(values), [5, 4, 3, 2, 1]);
  }

  async refused(): Promise<void> {
    deepEqual(await this.#failure('refuse', 'no paper'), { code: 'REFUSED', reason: 'no paper' });
  }

  async noHandler(): Promise<void> {
    match(String(await this.#failure('nobody', 1)), /no matching message handler/);
    equal(await this.#ask('sum', [2, 2]), 4);
  }

  async event(): Promise<void> {
    await lastValueFrom(this.#client.emit('order.placed', { number: 1 }), { defaultValue: null });
    await until(() => this.#services.journal.of('order.placed').length === 1);
    const [entry] = this.#services.journal.of('order.placed');
    deepEqual(entry?.data, { number: 1 });
  }

  async nacked(): Promise<void> {
    await lastValueFrom(this.#client.emit('order.difficult', 2), { defaultValue: null });
    await until(() => this.#services.journal.of('order.difficult').length === 2);
    const flags = this.#services.journal.of('order.difficult').map((each) => each.redelivered);
    deepEqual(flags, [false, true]);
  }

  /** As many requests at a time as the prefetch count says, and no fewer. */
  async prefetch(): Promise<void> {
    const numbers = Array.from({ length: SLOW }, (_, index) => index);
    deepEqual(await Promise.all(numbers.map((number) => this.#ask('slow', number))), numbers);
    equal(this.#services.journal.mostInFlight, PREFETCH);
  }

  #ask(pattern: unknown, data: unknown): Promise<unknown> {
    return firstValueFrom(this.#client.send(pattern, data));
  }

  /** What a request that has to fail fails with. */
  async #failure(pattern: unknown, data: unknown): Promise<unknown> {
    let answer: unknown;
    try {
      answer = await this.#ask(pattern, data);
    } catch (error) {
      return error;
    }
    throw new Error(`answered with ${JSON.stringify(answer)}`);
  }
}
