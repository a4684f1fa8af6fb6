/**
 * Class connection on a connection that is open (spec 1.4); its other methods belong to the
 * handshake.
 */
import type { Method } from '../../../protocol/spec.ts';
import { SessionError } from '../close.ts';
import type { Connection } from '../connection.ts';

const UPDATE_SECRET = 0x000a0046;

/** @throws SessionError CHANNEL_ERROR for a method that has no place on channel 0 now */
export function handleConnectionMethod(connection: Connection, method: Method): void {
  switch (method.name) {
    case 'connection.close':
      connection.closeByClient();
      return;
    case 'connection.update-secret':
      updateSecret(connection, method);
      return;
    default:
      throw new SessionError('CHANNEL_ERROR', 'unexpected method in connection state running');
  }
}

/**
 * A3.12: the new secret is checked like a password at login. Only mechanisms whose secret is the
 * password are offered, so what changes is whether the user may stay.
 */
function updateSecret(connection: Connection, method: Method<'connection.update-secret'>): void {
  const { host, user, transport } = connection;
  const secret = method.newSecret.toString('utf8');
  const { loopback } = transport.peer;
  Promise.resolve(host.authenticator.authenticate(user.name, secret, { loopback })).then(
    (result) => {
      if (!connection.isOpen) return;
      if (result.ok) connection.send(0, { name: 'connection.update-secret-ok' });
      else refuse(connection, 'New secret was refused by one of the backends');
    },
    () => refuse(connection, 'Secret update failed'),
  );
}

function refuse(connection: Connection, text: string): void {
  connection.fail(new SessionError('NOT_ALLOWED', text), UPDATE_SECRET, null);
}
