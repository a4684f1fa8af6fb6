// Refusals about what names a client may speak of: missing ones, reserved ones, the default
// exchange. Reference: compatibility A.3 (A3.1-A3.6) and A.4.
import { call, publish, type Row, row } from '../../support/refusal.ts';

const queue = (name: string) => `queue '${name}' in vhost '/'`;
const exchange = (name: string) => `exchange '${name}' in vhost '/'`;
const bound = { routingKey: 'k' };

export const missing: readonly Row[] = [
  row('queue.declare passive', ({ q }) => ({
    when: call('queue.declare', { queue: q, passive: true }),
    refused: [404, `no ${queue(q)}`],
  })),
  row('queue.declare passive, nowait', ({ q }) => ({
    when: call('queue.declare', { queue: q, passive: true, nowait: true }),
    refused: [404, `no ${queue(q)}`],
  })),
  row('queue.purge', ({ q }) => ({
    when: call('queue.purge', { queue: q }),
    refused: [404, `no ${queue(q)}`],
  })),
  row('basic.consume', ({ q }) => ({
    when: call('basic.consume', { queue: q }),
    refused: [404, `no ${queue(q)}`],
  })),
  row('basic.get', ({ q }) => ({
    when: call('basic.get', { queue: q }),
    refused: [404, `no ${queue(q)}`],
  })),
  row('queue.bind, no queue', ({ q }) => ({
    when: call('queue.bind', { queue: q, exchange: 'amq.direct', ...bound }),
    refused: [404, `no ${queue(q)}`],
  })),
  row('queue.bind, no exchange', ({ q, x }) => ({
    given: [call('queue.declare', { queue: q })],
    when: call('queue.bind', { queue: q, exchange: x, ...bound }),
    refused: [404, `no ${exchange(x)}`],
  })),
  row('queue.bind, neither', ({ q, x }) => ({
    when: call('queue.bind', { queue: q, exchange: x, ...bound }),
    refused: [404, `no ${exchange(x)}`],
  })),
  row('exchange.declare passive', ({ x }) => ({
    when: call('exchange.declare', { exchange: x, passive: true, type: 'direct' }),
    refused: [404, `no ${exchange(x)}`],
  })),
  row('exchange.bind, no destination', ({ x }) => ({
    when: call('exchange.bind', { destination: x, source: 'amq.direct', ...bound }),
    refused: [404, `no ${exchange(x)}`],
  })),
  row('exchange.bind, no source', ({ x }) => ({
    when: call('exchange.bind', { destination: 'amq.direct', source: x, ...bound }),
    refused: [404, `no ${exchange(x)}`],
  })),
  row('exchange.bind, neither', ({ x, y }) => ({
    when: call('exchange.bind', { destination: x, source: y, ...bound }),
    refused: [404, `no ${exchange(y)}`],
  })),
  row('basic.publish', ({ x }) => ({
    when: publish({ exchange: x, ...bound }),
    refused: [404, `no ${exchange(x)}`],
  })),
];

export const unnamed: readonly Row[] = [
  row('basic.consume', () => ({
    when: call('basic.consume'),
    refused: [404, 'no previously declared queue'],
  })),
  row('basic.get', () => ({
    when: call('basic.get'),
    refused: [404, 'no previously declared queue'],
  })),
  row('queue.purge', () => ({
    when: call('queue.purge'),
    refused: [404, 'no previously declared queue'],
  })),
  row('queue.delete', () => ({
    when: call('queue.delete'),
    refused: [404, 'no previously declared queue'],
  })),
  row('queue.bind', () => ({
    when: call('queue.bind', { exchange: 'amq.direct', ...bound }),
    refused: [404, 'no previously declared queue'],
  })),
  row('queue.unbind', () => ({
    when: call('queue.unbind', { exchange: 'amq.direct', ...bound }),
    refused: [404, 'no previously declared queue'],
  })),
  row('queue.declare passive', () => ({
    when: call('queue.declare', { passive: true }),
    refused: [404, "no queue '' in vhost '/'"],
  })),
];

export const reserved: readonly Row[] = [
  row('a queue', () => ({
    when: call('queue.declare', { queue: 'amq.wt' }),
    refused: [403, "queue name 'amq.wt' contains reserved prefix 'amq.*'"],
  })),
  row('an exchange', () => ({
    when: call('exchange.declare', { exchange: 'amq.wt', type: 'direct' }),
    refused: [403, "exchange name 'amq.wt' contains reserved prefix 'amq.*'"],
  })),
  row('deleting a predeclared exchange', () => ({
    when: call('exchange.delete', { exchange: 'amq.direct' }),
    refused: [403, "deletion of system exchange 'amq.direct' in vhost '/' not allowed"],
  })),
  row('deleting an amq. exchange that does not exist', () => ({
    when: call('exchange.delete', { exchange: 'amq.wt' }),
    refused: [403, "deletion of system exchange 'amq.wt' in vhost '/' not allowed"],
  })),
];

const NO_DEFAULT = 'operation not permitted on the default exchange';

export const defaultExchange: readonly Row[] = [
  row('declare', () => ({
    when: call('exchange.declare', { exchange: '', type: 'direct', durable: true }),
    refused: [403, NO_DEFAULT],
  })),
  row('declare passive', () => ({
    when: call('exchange.declare', { exchange: '', passive: true }),
    refused: [403, NO_DEFAULT],
  })),
  row('delete', () => ({
    when: call('exchange.delete', { exchange: '' }),
    refused: [403, NO_DEFAULT],
  })),
  row('queue.bind', ({ q }) => ({
    given: [call('queue.declare', { queue: q })],
    when: call('queue.bind', { queue: q, exchange: '', ...bound }),
    refused: [403, NO_DEFAULT],
  })),
  row('queue.unbind', ({ q }) => ({
    given: [call('queue.declare', { queue: q })],
    when: call('queue.unbind', { queue: q, exchange: '', ...bound }),
    refused: [403, NO_DEFAULT],
  })),
  row('exchange.bind, as the source', () => ({
    when: call('exchange.bind', { destination: 'amq.direct', source: '', ...bound }),
    refused: [403, NO_DEFAULT],
  })),
  row('exchange.bind, as the destination', () => ({
    when: call('exchange.bind', { destination: '', source: 'amq.direct', ...bound }),
    refused: [403, NO_DEFAULT],
  })),
  row('exchange.unbind, as the source', () => ({
    when: call('exchange.unbind', { destination: 'amq.direct', source: '', ...bound }),
    refused: [403, NO_DEFAULT],
  })),
];
