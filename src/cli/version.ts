/** The version of this package, from its package.json. */
import { readFileSync } from 'node:fs';

/** For example `0.1.0`. */
export function leveretVersion(): string {
  // By the package's own name: the distance to package.json differs between sources and build.
  const url = new URL(import.meta.resolve('leveret/package.json'));
  const { version } = JSON.parse(readFileSync(url, 'utf8')) as { version: string };
  return version;
}
