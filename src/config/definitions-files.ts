/**
 * Definitions files: what `load_definitions` names. A folder stands for its *.json files, in the
 * order of their names.
 *
 * Responsible for reading. Not responsible for what is in them (src/definitions).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { ConfigError } from './errors.ts';

export interface DefinitionsText {
  readonly path: string;
  readonly text: string;
}

/** The files at a path. @throws ConfigError when they cannot be read */
export function readDefinitionsFiles(path: string): readonly DefinitionsText[] {
  try {
    if (!statSync(path).isDirectory()) return [{ path, text: readFileSync(path, 'utf8') }];
    const names = readdirSync(path).filter((name) => name.endsWith('.json'));
    return names.sort().map((name) => {
      const file = `${path}/${name}`;
      return { path: file, text: readFileSync(file, 'utf8') };
    });
  } catch (error) {
    throw new ConfigError(`cannot read the definitions ${path}: ${(error as Error).message}`);
  }
}
