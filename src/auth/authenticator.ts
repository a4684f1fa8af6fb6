/**
 * Who may log in.
 *
 * The port through which a session asks, and the implementation over the configured users. The
 * reasons are for the log, worded as RabbitMQ words them; a client is never told which it was.
 */

import { hashPassword, isPassword } from './passwords.ts';
import type { User, Users } from './users.ts';

/** Where a client comes from, as far as logging in depends on it. */
export interface Peer {
  /** True when it is on this machine, over the loopback interface. */
  readonly loopback: boolean;
}

export type AuthResult =
  | { readonly ok: true; readonly user: User }
  | { readonly ok: false; readonly reason: string };

export interface Authenticator {
  authenticate(username: string, password: string, peer: Peer): AuthResult | Promise<AuthResult>;
}

const blankPassword = (username: string): string =>
  `user '${username}' attempted to log in with a blank password, which is prohibited by the ` +
  'internal authN backend. To use TLS/x509 certificate-based authentication, see the ' +
  'rabbitmq_auth_mechanism_ssl plugin and configure the client to use the EXTERNAL ' +
  'authentication mechanism. Alternatively change the password for the user to be non-blank.';

export class UsersAuthenticator implements Authenticator {
  readonly #users: Users;
  /** Compared with when there is no such user, so that this takes as long. */
  readonly #nobodysHash = hashPassword('nobody');

  constructor(users: Users) {
    this.#users = users;
  }

  authenticate(username: string, password: string, peer: Peer): AuthResult {
    if (password === '') return { ok: false, reason: blankPassword(username) };
    const user = this.#users.get(username);
    const isRight = isPassword(password, user?.passwordHash ?? this.#nobodysHash, user?.hashing);
    if (user === undefined || !isRight) {
      return { ok: false, reason: `user '${username}' - invalid credentials` };
    }
    if (user.loopbackOnly && !peer.loopback) {
      return { ok: false, reason: `user '${username}' can only connect via localhost` };
    }
    return { ok: true, user };
  }
}
