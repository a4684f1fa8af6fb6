/**
 * docs/limits.md is held against the code: a row for every option, with its default and range, and
 * the name of every constant that is a limit (`MAX_...`).
 */
import { OPTIONS } from '../../src/config/option-table.ts';
import { walkFile } from './syntax.ts';
import { type Finding, lineAt, type Tree } from './tree.ts';

const PAGE = 'docs/limits.md';

/** The rows that the page must have, in the order of the options. */
export function optionRows(): string[] {
  return Object.entries(OPTIONS).map(([name, { kind, unit, initially, conf, about }]) => {
    const range = kind.expects.replaceAll('|', '\\|');
    const key = conf === '' ? '' : conf.replaceAll(/[\w.]+/g, '`$&`');
    return `| \`${name}\` | ${key} | ${unit} | ${initially} | ${range} | ${about} |`;
  });
}

export function checkLimits(tree: Tree): Finding[] {
  const page = tree.get(PAGE) ?? '';
  const lines = new Set(page.split('\n'));
  const findings = optionRows()
    .filter((row) => !lines.has(row))
    .map((row) => ({ path: PAGE, line: 0, problem: `should have this row:\n${row}` }));
  for (const [path, text] of tree) {
    if (!/^(?:src|protocol)\/.*\.ts$/.test(path)) continue;
    walkFile(path, text, (node, parents) => {
      if (node.type !== 'VariableDeclarator' || parents.length > 3) return;
      const { name } = node['id'] as { name?: string };
      if (name === undefined || !/^MAX_/.test(name) || page.includes(`\`${name}\``)) return;
      findings.push({ path, line: lineAt(text, node.start), problem: `${name} is not in ${PAGE}` });
    });
  }
  return findings;
}
