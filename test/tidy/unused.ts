/** Files that nobody imports, and imports of files that are not there. */
import { importsOf, reachable } from './imports.ts';
import type { Finding, Tree } from './tree.ts';

/** Where the product starts; what only tests reach is not part of it. */
const PRODUCT_ROOTS = ['src/index.ts', 'src/cli/main.ts'];

/** Besides these, what an npm script runs. */
const OTHER_ROOTS = [
  /\.test\.ts$/,
  /^scripts\/[\w-]+\.mjs$/,
  /^interop\/(?:clients|apps)\/[\w-]+\/main\.ts$/,
];

const CODE = /\.(?:ts|mjs)$/;
const PRODUCT = /^(?:src|protocol)\//;

/** Product files out of the product's reach, other files out of anybody's, and dangling imports. */
export function checkUnused(tree: Tree): Finding[] {
  const imports = importsOf(tree);
  const findings: Finding[] = [];
  for (const { from, to, line, specifier } of imports) {
    // scripts/ import the build, which need not be there.
    if (to === undefined || tree.has(to) || to.startsWith('dist/')) continue;
    findings.push({ path: from, line, problem: `imports ${specifier}, which is not there` });
  }
  const code = [...tree.keys()].filter((path) => CODE.test(path) && !path.endsWith('.d.ts'));
  const product = reachable(imports, PRODUCT_ROOTS);
  const scripts = tree.get('package.json') ?? '';
  const isRoot = (path: string) =>
    OTHER_ROOTS.some((root) => root.test(path)) || scripts.includes(` ${path}"`);
  const all = reachable(imports, [...PRODUCT_ROOTS, ...code.filter(isRoot)]);
  for (const path of code) {
    if (PRODUCT.test(path) && !product.has(path)) {
      const problem = all.has(path) ? 'only tests import it' : 'nobody imports it';
      findings.push({ path, line: 0, problem });
    } else if (!all.has(path)) findings.push({ path, line: 0, problem: 'nobody imports it' });
  }
  return findings;
}
