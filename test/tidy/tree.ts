/**
 * The project's files as the tidy checks see them: path to text. Checks take a tree as argument, so
 * that their own tests can plant a violation in one made of strings.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Paths use `/` and start at the project's folder. */
export type Tree = ReadonlyMap<string, string>;

/**
 * Something that is not as it should be; `line` starts at 1 and is 0 when the whole file is meant.
 */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly problem: string;
}

const SKIPPED = new Set([
  '.git',
  'node_modules',
  'dist',
  'coverage',
  '.cache',
  'data',
  '__pycache__',
]);

/** Reads all text files under a folder, without what .gitignore leaves out. */
export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name) || entry.name.endsWith('.log')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) {
        const text = readFileSync(path, 'utf8');
        if (!text.includes('\0')) tree.set(relative(root, path).split(sep).join('/'), text);
      }
    }
  };
  visit(root);
  return tree;
}

/** A tree of the files whose path matches. */
export function select(tree: Tree, pattern: RegExp): Tree {
  return new Map([...tree].filter(([path]) => pattern.test(path)));
}

/** Number of the line, from 1, in which the character at `offset` stands. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Findings as lines of text for an assertion's message. */
export function format(findings: readonly Finding[]): string {
  return findings.map(({ path, line, problem }) => `${path}:${line}: ${problem}`).join('\n');
}
