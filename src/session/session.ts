/** What a connection is once its handshake is done: who speaks, where, and within which limits. */
import type { FieldTable } from '../../protocol/table.ts';
import type { User } from '../auth/users.ts';
import type { VirtualHost } from '../broker/vhost.ts';

/** What the handshake agreed on. */
export interface Session {
  readonly user: User;
  readonly vhost: VirtualHost;
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeatSeconds: number;
  /** Capabilities that the client announced. */
  readonly capabilities: ReadonlySet<string>;
  /** The client's `connection_name`, or the empty string. */
  readonly clientName: string;
  readonly clientProperties: FieldTable;
  /** How the client logged in. */
  readonly mechanism: string;
}
