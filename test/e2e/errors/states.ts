// Refusals about the conversation itself: methods that are not implemented, not for this place or
// not for this side, consumer tags, bindings' arguments. Most of them cost the connection.
// Reference: compatibility A.3 (A3.8, A3.9), A.4 (503, 504, 530, 540).
import type { MethodName } from '../../../protocol/spec.ts';
import type { FieldValue } from '../../../protocol/table.ts';
import { call, type Row, row, write } from '../../support/refusal.ts';

const xMatch = (value: FieldValue) => ({ arguments: new Map([['x-match', value]]) });

export const notImplemented: readonly Row[] = [
  row('recover without requeue', () => ({
    when: call('basic.recover', { requeue: false }),
    refused: [540, 'requeue=false'],
  })),
  row('recover-async without requeue', () => ({
    when: call('basic.recover-async', { requeue: false }),
    refused: [540, 'requeue=false'],
  })),
  row('a prefetch in octets', () => ({
    when: call('basic.qos', { prefetchSize: 4096 }),
    refused: [540, 'prefetch_size!=0 (4096)'],
  })),
  row('flow inactive', () => ({
    when: call('channel.flow', { active: false }),
    refused: [540, 'active=false'],
  })),
];

const NOT_OPEN = "expected 'channel.open'";
const UNIMPLEMENTED = 'unimplemented method';
const RUNNING = 'unexpected method in connection state running';

/** A method on a channel that was never opened. */
function unopened<N extends MethodName>(name: N): Row {
  return row(name, () => ({
    when: write(name, (peer) => peer.send(2, name)),
    refused: [504, NOT_OPEN],
  }));
}

export const notOpen: readonly Row[] = [
  unopened('basic.qos'),
  unopened('queue.declare'),
  unopened('channel.flow'),
  unopened('channel.close'),
  unopened('channel.close-ok'),
  row('basic.publish', () => ({
    when: write('basic.publish', (peer) => peer.publish(2, {}, {}, 'm')),
    refused: [504, NOT_OPEN],
  })),
  row('one that was closed again', () => ({
    given: [call('channel.close')],
    when: call('basic.qos'),
    refused: [504, NOT_OPEN],
  })),
  row('a second channel.open', () => ({
    when: call('channel.open'),
    refused: [504, "second 'channel.open' seen"],
  })),
  row('one more than channel_max', () => ({
    client: { channelMax: 2 },
    given: [write(undefined, (peer) => peer.send(7, 'channel.open'))],
    when: write(undefined, (peer) => peer.send(2, 'channel.open')),
    refused: [530, 'number of channels opened (2) has reached the negotiated channel_max (2)'],
  })),
];

/** A method that only a server may send, or that answers nothing. */
function foreign(name: MethodName): Row {
  return row(name, () => ({
    when: write(name, (peer) => peer.send(1, name)),
    refused: [503, UNIMPLEMENTED],
  }));
}

/** A method of class connection on a channel. */
function misplaced(name: MethodName): Row {
  return row(`${name} on channel 1`, () => ({
    when: write(name, (peer) => peer.send(1, name)),
    refused: [503, UNIMPLEMENTED],
  }));
}

/** A method on channel 0 that does not belong there, at least not now. */
function onChannel0(name: MethodName): Row {
  return row(`${name} on channel 0`, () => ({
    when: write(name, (peer) => peer.send(0, name)),
    refused: [504, RUNNING],
  }));
}

export const wrongPlace: readonly Row[] = [
  foreign('channel.open-ok'),
  foreign('channel.flow-ok'),
  foreign('channel.close-ok'),
  foreign('queue.declare-ok'),
  foreign('basic.qos-ok'),
  foreign('basic.cancel-ok'),
  foreign('confirm.select-ok'),
  misplaced('connection.open'),
  misplaced('connection.close'),
  misplaced('connection.update-secret'),
  onChannel0('channel.open'),
  onChannel0('channel.close'),
  onChannel0('queue.declare'),
  onChannel0('basic.publish'),
  onChannel0('tx.select'),
  onChannel0('connection.open'),
  onChannel0('connection.start'),
  onChannel0('connection.start-ok'),
  onChannel0('connection.tune-ok'),
  onChannel0('connection.secure-ok'),
  onChannel0('connection.open-ok'),
  onChannel0('connection.close-ok'),
  onChannel0('connection.blocked'),
];

export const consumers: readonly Row[] = [
  row('a consumer tag used twice', ({ q }) => ({
    given: [
      call('queue.declare', { queue: q }),
      call('basic.consume', { queue: q, consumerTag: 'twice' }),
    ],
    when: call('basic.consume', { queue: q, consumerTag: 'twice' }),
    refused: [530, "attempt to reuse consumer tag 'twice'"],
  })),
  row('a consumer tag used twice, missing queue', ({ q, x }) => ({
    given: [
      call('queue.declare', { queue: q }),
      call('basic.consume', { queue: q, consumerTag: 'twice' }),
    ],
    when: call('basic.consume', { queue: x, consumerTag: 'twice' }),
    refused: [530, "attempt to reuse consumer tag 'twice'"],
  })),
  row('a priority that is no number', ({ q }) => ({
    given: [call('queue.declare', { queue: q })],
    when: call('basic.consume', {
      queue: q,
      arguments: new Map([['x-priority', { type: 'S', value: 'high' }]]),
    }),
    refused: [
      406,
      `invalid arg 'x-priority' for queue '${q}' in vhost '/': "expected integer, got longstr"`,
    ],
  })),
];

function headersRow(title: string, value: FieldValue, text: string): Row {
  return row(title, ({ q }) => ({
    given: [call('queue.declare', { queue: q })],
    when: call('queue.bind', { queue: q, exchange: 'amq.headers', ...xMatch(value) }),
    refused: [406, text],
  }));
}

export const bindings: readonly Row[] = [
  headersRow(
    'x-match of another word',
    { type: 'S', value: 'some' },
    'Invalid x-match field value <<"some">>; expected all, any, all-with-x, or any-with-x',
  ),
  headersRow(
    'x-match that is no text',
    { type: 'I', value: 1 },
    'Invalid x-match field type signedint (value 1); expected longstr',
  ),
];
