/**
 * ANONYMOUS (RFC 4505): whoever comes is the one user that is meant for that. What the client says
 * of itself is not looked at, as in RabbitMQ.
 */
import type { Credentials, Mechanism } from './mechanism.ts';

export function anonymous(credentials: Credentials): Mechanism {
  return () => credentials;
}
