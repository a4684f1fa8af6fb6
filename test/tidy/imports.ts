/**
 * Who imports whom. Counts static and dynamic imports, re-exports, types, and `new URL('./x.ts',
 * import.meta.url)`, which is how worker threads and child processes are named.
 */
import { join } from 'node:path/posix';
import { type Node, nameOf, stringOf, walkFile } from './syntax.ts';
import { lineAt, type Tree } from './tree.ts';

export interface Import {
  readonly from: string;
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** Path in the tree when the specifier is relative; undefined for packages and node: modules. */
  readonly to: string | undefined;
}

const HAVE_SOURCE = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

/** All imports of all TypeScript and JavaScript files of the tree. */
export function importsOf(tree: Tree): Import[] {
  const imports: Import[] = [];
  for (const [from, text] of tree) {
    if (!/\.(?:ts|mjs)$/.test(from) || from.endsWith('.d.ts')) continue;
    walkFile(from, text, (node) => {
      const specifier = specifierOf(node);
      if (specifier === undefined) return;
      const to = specifier.startsWith('.') ? join(from, '..', specifier) : undefined;
      imports.push({ from, specifier, to, line: lineAt(text, node.start) });
    });
  }
  return imports;
}

function specifierOf(node: Node): string | undefined {
  if (HAVE_SOURCE.has(node.type)) return stringOf(node['source'] ?? node['argument']);
  if (node.type === 'NewExpression' && nameOf(node['callee']) === 'URL') {
    const [first] = node['arguments'] as unknown[];
    const path = stringOf(first);
    return path !== undefined && /^\.{1,2}\/.*\.(?:ts|mjs)$/.test(path) ? path : undefined;
  }
  return undefined;
}

/** The files that can be reached from `roots` by imports, the roots included. */
export function reachable(imports: readonly Import[], roots: Iterable<string>): Set<string> {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) {
    if (to !== undefined) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const seen = new Set(roots);
  for (const path of seen) for (const to of next.get(path) ?? []) seen.add(to);
  return seen;
}
