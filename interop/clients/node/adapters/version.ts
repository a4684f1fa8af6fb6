/** Reads the version of an installed package, so that a run names what it really ran. */
import { readFileSync } from 'node:fs';

export function installedVersion(packageName: string): string {
  const file = new URL(`../../../../node_modules/${packageName}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
