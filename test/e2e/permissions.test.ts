// What users may do, virtual hosts as separate worlds, and who may speak for whom. Needs the
// users and vhosts of world.ts. Reference: compatibility A.4 (403, 406 user_id), A9.5.
import { expect } from 'chai';
import { fromObject } from '../../protocol/table.ts';
import { call, publish, type Row, refuse, row, type Step } from '../support/refusal.ts';
import { isForeign, needsWorld, useTarget } from '../support/target.ts';
import { counts, expectMessages, fill, put, queue } from '../support/topology.ts';
import { ALLOWED_PREFIX, OTHER_VHOST } from '../support/world.ts';

const limited = { user: 'limited', password: 'limited' };
const [NO, MAY] = ['no.wt', `${ALLOWED_PREFIX}wt`];

/** The verb came with 3.11; RabbitMQ 3.10 leaves it out. */
const access = (verb: string, kind: string, name: string) =>
  `${isForeign ? '' : `${verb} `}access to ${kind} '${name}' in vhost '/' ` +
  "refused for user 'limited'";

function denied(verb: string, kind: string, name: string, when: Step): Row {
  return row(when.blames ?? '', () => ({
    client: limited,
    when,
    refused: [403, access(verb, kind, name)],
  }));
}

const CONFIGURE: readonly Row[] = [
  denied('configure', 'queue', NO, call('queue.declare', { queue: NO })),
  denied('configure', 'queue', NO, call('queue.delete', { queue: NO })),
  denied('configure', 'exchange', NO, call('exchange.declare', { exchange: NO, type: 'direct' })),
  denied('configure', 'exchange', NO, call('exchange.delete', { exchange: NO })),
];

const READ: readonly Row[] = [
  denied('read', 'queue', NO, call('queue.purge', { queue: NO })),
  denied('read', 'queue', NO, call('basic.get', { queue: NO })),
  denied('read', 'queue', NO, call('basic.consume', { queue: NO })),
  denied(
    'read',
    'exchange',
    'amq.direct',
    call('queue.bind', { queue: MAY, exchange: 'amq.direct' }),
  ),
  denied(
    'read',
    'exchange',
    'amq.direct',
    call('queue.unbind', { queue: MAY, exchange: 'amq.direct' }),
  ),
  denied(
    'read',
    'exchange',
    'amq.direct',
    call('exchange.bind', { destination: MAY, source: 'amq.direct' }),
  ),
];

const withAlternate = { arguments: fromObject({ 'alternate-exchange': NO }) };

const WRITE: readonly Row[] = [
  denied('write', 'exchange', 'amq.default', publish({ routingKey: MAY })),
  denied('write', 'exchange', 'amq.direct', publish({ exchange: 'amq.direct' })),
  denied('write', 'exchange', NO, publish({ exchange: NO })),
  denied('write', 'queue', NO, call('queue.bind', { queue: NO, exchange: 'amq.direct' })),
  denied(
    'write',
    'exchange',
    'amq.fanout',
    call('exchange.bind', { destination: 'amq.fanout', source: MAY }),
  ),
  denied(
    'write',
    'exchange',
    NO,
    call('exchange.declare', { exchange: MAY, type: 'direct', ...withAlternate }),
  ),
];

describe('permissions', () => {
  needsWorld();
  const target = useTarget();

  for (const [verb, rows] of Object.entries({ configure: CONFIGURE, read: READ, write: WRITE })) {
    for (const [index, each] of rows.entries()) {
      it(`to ${verb}: ${each.title} (${index + 1})`, () => refuse(target, each));
    }
  }

  it('let through what they allow', async () => {
    const peer = await target.channel(limited);
    const name = `${ALLOWED_PREFIX}${target.name()}`;
    target.alsoDelete(name);
    await peer.call(1, 'exchange.declare', { exchange: name, type: 'direct' });
    await peer.call(1, 'queue.declare', { queue: name });
    await peer.call(1, 'queue.bind', { queue: name, exchange: name, routingKey: 'k' });
    await put(peer, { exchange: name, routingKey: 'k' });
    await expectMessages(peer, name, ['m']);
    await peer.call(1, 'queue.delete', { queue: name });
    await peer.call(1, 'exchange.delete', { exchange: name });
  });

  it('are not needed to look whether something exists', async () => {
    const [peer, owner] = [await target.channel(limited), await target.channel()];
    const name = await queue(target, owner);
    await peer.call(1, 'queue.declare', { queue: name, passive: true });
    await peer.call(1, 'exchange.declare', { exchange: 'amq.topic', passive: true });
  });
});

describe('speaking for somebody else', () => {
  needsWorld();
  const target = useTarget();

  it('is for users with the tag impersonator', async () => {
    const peer = await target.channel({ user: 'posing', password: 'posing' });
    const name = await queue(target, peer);
    await put(peer, { routingKey: name }, { userId: 'somebody' });
    expect(await counts(peer, name)).to.deep.equal([1]);
  });
});

describe('virtual hosts', () => {
  needsWorld();
  const target = useTarget();

  it('share no names', async () => {
    const [here, there] = [await target.channel(), await target.channel({ vhost: OTHER_VHOST })];
    const name = await queue(target, here);
    await fill(here, name, 'here');
    const fresh = await there.call(1, 'queue.declare', { queue: name, exclusive: true });
    expect(fresh.messageCount).to.equal(0);
    await fill(there, name, 'there');
    await expectMessages(here, name, ['here']);
    await expectMessages(there, name, ['there']);
  });

  it('share no bindings of the predeclared exchanges', async () => {
    const [here, there] = [await target.channel(), await target.channel({ vhost: OTHER_VHOST })];
    const [one, two] = [await queue(target, here), target.name()];
    await there.call(1, 'queue.declare', { queue: two, exclusive: true });
    await here.call(1, 'queue.bind', { queue: one, exchange: 'amq.topic', routingKey: 'wt.#' });
    await there.call(1, 'queue.bind', { queue: two, exchange: 'amq.topic', routingKey: 'wt.#' });
    await put(there, { exchange: 'amq.topic', routingKey: 'wt.k' });
    expect(await counts(here, one)).to.deep.equal([0]);
    expect(await counts(there, two)).to.deep.equal([1]);
  });

  it('are named in refusals', async () => {
    const peer = await target.channel({ vhost: OTHER_VHOST });
    const name = target.name();
    peer.send(1, 'queue.purge', { queue: name });
    await peer.expectClose(1, {
      code: 404,
      text: `NOT_FOUND - no queue '${name}' in vhost '${OTHER_VHOST}'`,
      method: 'queue.purge',
    });
  });
});
