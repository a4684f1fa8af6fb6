/** Sizes: lines of a file, lines of a function, columns of a line. */
import { type Node, nameOf, walkFile } from './syntax.ts';
import { type Finding, lineAt, type Tree } from './tree.ts';

export const MAX_FILE_LINES = 400;
export const MAX_FUNCTION_LINES = 70;
export const MAX_COLUMNS = 100;

const CODE = /\.(?:ts|mjs)$/;
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const SUITES = new Set(['describe', 'context']);

/** Files and functions that grew too long, and lines that are too wide. */
export function checkSizes(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const [path, text] of tree) {
    if (!CODE.test(path)) continue;
    const lines = text.trimEnd().split('\n');
    if (lines.length > MAX_FILE_LINES) {
      const problem = `${lines.length} lines: more than ${MAX_FILE_LINES}`;
      findings.push({ path, line: 0, problem });
    }
    for (const [index, line] of lines.entries()) {
      if (line.length <= MAX_COLUMNS) continue;
      const problem = `${line.length} columns: more than ${MAX_COLUMNS}`;
      findings.push({ path, line: index + 1, problem });
    }
    walkFile(path, text, (node, parents) => {
      if (!FUNCTIONS.has(node.type) || isSuite(node, parents.at(-1))) return;
      const length = lineAt(text, node.end) - lineAt(text, node.start) + 1;
      if (length <= MAX_FUNCTION_LINES) return;
      const problem = `a function of ${length} lines: more than ${MAX_FUNCTION_LINES}`;
      findings.push({ path, line: lineAt(text, node.start), problem });
    });
  }
  return findings;
}

// The function that a test suite consists of is a folder for tests, not a function to read at once.
function isSuite(node: Node, parent: Node | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false;
  return (
    SUITES.has(nameOf(parent['callee']) ?? '') && (parent['arguments'] as unknown[]).includes(node)
  );
}
