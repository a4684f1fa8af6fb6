/**
 * What connections, channels and consumers tell those who watch the broker (broker/events.ts).
 *
 * Responsible for the facts of each event. Not responsible for when something is told.
 */
import type { ConnectionDetails } from '../broker/events.ts';
import { logId } from '../lib/log.ts';
import type { Connection } from './connection.ts';
import type { ChannelConsumer } from './consumer.ts';

/** How RabbitMQ would name the process of a channel. */
function channelId(connection: Connection, number: number): string {
  return logId(connection.id).replace('.0>', `.${number}>`);
}

export function tellOpened(connection: Connection): void {
  const { session, host } = connection;
  const facts = {
    ...identityOf(connection),
    ...endsOf(connection),
    clientProperties: session.clientProperties,
    clientName: session.clientName,
    mechanism: session.mechanism,
    channelMax: session.channelMax,
    frameMax: session.frameMax,
    heartbeatSeconds: session.heartbeatSeconds,
    connectedAtMs: connection.connectedAtMs,
  };
  host.broker.actFor(session.user.name, () => host.broker.events.emit('connection.created', facts));
}

export function tellClosed(connection: Connection): void {
  const { clientProperties, clientName } = connection.session;
  const event = { ...identityOf(connection), clientProperties, clientName };
  connection.host.broker.events.emit('connection.closed', {
    ...event,
    reason: connection.log.reason,
  });
}

/** `error`: why it was refused; null when it was not. */
export function tellLogin(
  connection: Connection,
  user: string,
  mechanism: string,
  error: string | null,
): void {
  const { events } = connection.host.broker;
  const login = { name: user, connection: connection.name, mechanism, ...endsOf(connection) };
  if (error === null) events.emit('user.authentication.success', login);
  else events.emit('user.authentication.failure', { ...login, error });
}

export function tellChannel(
  event: 'channel.created' | 'channel.closed',
  connection: Connection,
  number: number,
): void {
  const { name, user, vhost } = connection;
  const { broker } = connection.host;
  const facts = {
    connection: name,
    number,
    user: user.name,
    vhost: vhost.name,
    id: channelId(connection, number),
    connectionId: logId(connection.id),
  };
  broker.actFor(user.name, () => broker.events.emit(event, facts));
}

export function tellConsumer(
  event: 'consumer.created' | 'consumer.deleted',
  connection: Connection,
  channel: number,
  consumer: ChannelConsumer,
): void {
  const { broker } = connection.host;
  const facts = {
    vhost: connection.vhost.name,
    queue: consumer.queue.name,
    tag: consumer.tag,
    user: connection.user.name,
    channelId: channelId(connection, channel),
    noAck: consumer.noAck,
    exclusive: consumer.exclusive,
    prefetch: consumer.prefetch,
    arguments: consumer.arguments,
  };
  broker.actFor(facts.user, () => broker.events.emit(event, facts));
}

function identityOf({ name, user, vhost, id }: Connection) {
  return { name, user: user.name, vhost: vhost.name, id: logId(id) };
}

function endsOf({ transport: { peer, local } }: Connection): ConnectionDetails {
  return {
    host: local.address,
    port: local.port,
    peerHost: peer.address,
    peerPort: peer.port,
  };
}
