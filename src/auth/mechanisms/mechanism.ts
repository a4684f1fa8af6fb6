/**
 * The SASL mechanism port: how a client's response tells who it claims to be.
 */

/** What a client claims, not yet checked. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Reads the response of connection.start-ok; pure. */
export type Mechanism = (response: Buffer) => Credentials | 'malformed';
