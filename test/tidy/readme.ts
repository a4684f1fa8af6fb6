/** README.md is held against the code: every flag, environment variable, exit code and key. */
import { EXIT } from '../../src/cli/exit.ts';
import { FLAGS } from '../../src/cli/flags.ts';
import { STORE_FLAGS } from '../../src/cli/store-flags.ts';
import { CONF_KEYS } from '../../src/config/conf-keys.ts';
import { ENVIRONMENT_VARIABLES } from '../../src/config/env.ts';
import type { Finding, Tree } from './tree.ts';

const PAGE = 'README.md';

export function checkReadme(tree: Tree): Finding[] {
  const page = tree.get(PAGE) ?? '';
  const wanted = [
    ...[...Object.keys(FLAGS), ...Object.keys(STORE_FLAGS)].map((name) => `--${name}`),
    ...ENVIRONMENT_VARIABLES,
    ...CONF_KEYS,
    ...Object.values(EXIT).map((code) => `\n| ${code} |`),
  ];
  return wanted
    .filter((each) => !page.includes(each))
    .map((each) => ({ path: PAGE, line: 0, problem: `does not tell of ${each.trim()}` }));
}
