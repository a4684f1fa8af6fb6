/**
 * What must not be written in any file: places of somebody's machine, hosts of package registries.
 */
import { type Finding, lineAt, type Tree } from './tree.ts';

const PLACES = /(?<![\w.$}~-])\/(?:home|root|Users|work|tmp|mnt)\/[\w.-]+/g;
const REGISTRIES =
  /\b(?:registry|npm|pypi|packages|mirrors?|proxy)\.[a-z0-9-]+\.(?:org|com|io|net|dev)\b/g;

export function checkText(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const [path, text] of tree) {
    for (const [pattern, what] of [
      [PLACES, 'a path of one machine'],
      [REGISTRIES, 'a host of a package registry'],
    ] as const) {
      for (const { 0: found, index } of text.matchAll(pattern)) {
        findings.push({ path, line: lineAt(text, index), problem: `${what}: ${found}` });
      }
    }
  }
  return findings;
}
