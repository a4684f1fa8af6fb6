/**
 * Class connection on a connection that is open (spec 1.4); its other methods belong to the
 * handshake.
 */
import type { Method } from '../../../protocol/spec.ts';
import { SessionError } from '../close.ts';
import type { Connection } from '../connection.ts';

/** @throws SessionError CHANNEL_ERROR for a method that has no place on channel 0 now */
export function handleConnectionMethod(connection: Connection, method: Method): void {
  switch (method.name) {
    case 'connection.close':
      connection.closeByClient();
      return;
    case 'connection.update-secret':
      updateSecret(connection);
      return;
    default:
      throw new SessionError('CHANNEL_ERROR', 'unexpected method in connection state running');
  }
}

/**
 * A3.12: a new secret matters to back ends whose secrets run out. Users of our own have passwords,
 * which this does not change: as in RabbitMQ, any secret is fine.
 */
function updateSecret(connection: Connection): void {
  connection.send(0, { name: 'connection.update-secret-ok' });
}
