// Style is a test: what the project asks of every file is asked of the whole tree here.
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkLayers } from './layers.ts';
import { checkLimits } from './limits.ts';
import { checkPromises } from './promises.ts';
import { checkReadme } from './readme.ts';
import { checkSizes } from './sizes.ts';
import { checkText } from './text.ts';
import { type Finding, format, readTree, select, type Tree } from './tree.ts';
import { checkUnused } from './unused.ts';

describe('tidy', () => {
  let tree: Tree;
  before(() => {
    tree = readTree(fileURLToPath(new URL('../../', import.meta.url)));
    expect(select(tree, /^src\//).size).to.be.greaterThan(20);
  });

  const checks: readonly [string, (tree: Tree) => Finding[]][] = [
    ['imports only point down', checkLayers],
    ['files, functions and lines are short', checkSizes],
    ['every file is used', checkUnused],
    ['nobody forgets a promise', checkPromises],
    ['no machine’s paths, no registry’s hosts', checkText],
    ['docs/limits.md has every option and limit', checkLimits],
    ['README.md has every flag, variable, key and exit code', checkReadme],
  ];
  for (const [what, check] of checks) {
    it(what, () => {
      const findings = check(tree);
      if (findings.length > 0) expect.fail(`\n${format(findings)}`);
    });
  }
});
