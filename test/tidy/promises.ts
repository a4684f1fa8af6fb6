/**
 * Promises that nobody waits for, in the forms that the linter's rule does not see: calls of
 * functions from node: modules (it does not resolve their types), and async functions handed to
 * timers and event emitters, which drop the promise.
 */
import { type Node, nameOf, parse, walkFile } from './syntax.ts';
import { type Finding, lineAt, type Tree } from './tree.ts';

const PROMISING: Readonly<Record<string, readonly string[]>> = {
  'node:events': ['once'],
};
const DROP_RESULTS = new Set([
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'nextTick'],
  ...['on', 'once', 'addListener', 'prependListener', 'addEventListener'],
]);

export function checkPromises(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const [path, text] of tree) {
    if (!path.endsWith('.ts') || path.endsWith('.d.ts')) continue;
    const promising = promisingNames(path, text);
    walkFile(path, text, (node) => {
      const problem = floating(node, promising) ?? handed(node);
      if (problem !== undefined) findings.push({ path, line: lineAt(text, node.start), problem });
    });
  }
  return findings;
}

/** Local names of imported functions, or of whole modules, whose calls answer with a promise. */
function promisingNames(path: string, text: string): Set<string> {
  const names = new Set<string>();
  for (const { moduleRequest, entries } of parse(path, text).module.staticImports) {
    const all = /^node:.*\/promises$/.test(moduleRequest.value);
    const some = PROMISING[moduleRequest.value] ?? [];
    for (const { importName, localName, isType } of entries) {
      if (!isType && (all || some.includes(importName.name ?? ''))) names.add(localName.value);
    }
  }
  return names;
}

function floating(node: Node, promising: ReadonlySet<string>): string | undefined {
  if (node.type !== 'ExpressionStatement') return undefined;
  const call = node['expression'] as Node;
  if (call.type !== 'CallExpression') return undefined;
  const callee = call['callee'] as Node;
  const name = nameOf(callee.type === 'MemberExpression' ? callee['object'] : callee);
  if (name === undefined || !promising.has(name)) return undefined;
  return `nobody waits for the promise of ${name}`;
}

function handed(node: Node): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const name = nameOf(node['callee']);
  if (name === undefined || !DROP_RESULTS.has(name)) return undefined;
  const isAsync = (node['arguments'] as Node[]).some((argument) => argument['async'] === true);
  return isAsync ? `${name} drops the promise of an async function` : undefined;
}
