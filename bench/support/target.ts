/**
 * Where a broker listens and who to be there, read from an amqp:// URL.
 *
 * Responsible for the URL alone; amqps:// is refused (the generator speaks plain TCP).
 */

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
}

const DEFAULT_PORT = 5672;

/** Throws TypeError when `url` is no URL, RangeError when its scheme is not amqp. */
export function parseTarget(url: string): Target {
  const parsed = new URL(url);
  if (parsed.protocol !== 'amqp:') throw new RangeError(`not an amqp:// URL: ${url}`);
  return {
    host: parsed.hostname === '' ? '127.0.0.1' : parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    user: decodeURIComponent(parsed.username || 'guest'),
    password: decodeURIComponent(parsed.password || 'guest'),
    vhost: parsed.pathname.length > 1 ? decodeURIComponent(parsed.pathname.slice(1)) : '/',
  };
}
