/**
 * Syntax trees for the tidy checks. The parser is oxc's: TypeScript 7 has no compiler API in
 * JavaScript. Results are kept for as long as the text is the same, since several checks look at
 * each file.
 */
import { type ParseResult, parseSync } from 'oxc-parser';

/** A node of the syntax tree, as far as the checks look into it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const parsed = new Map<string, { readonly text: string; readonly result: ParseResult }>();

/** Parses a file. Throws on a syntax error. */
export function parse(path: string, text: string): ParseResult {
  const known = parsed.get(path);
  if (known?.text === text) return known.result;
  const result = parseSync(path, text);
  const [error] = result.errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  parsed.set(path, { text, result });
  return result;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** Calls `visit` for every node with its parents, the nearest last. */
export function walk(
  node: Node,
  visit: (node: Node, parents: readonly Node[]) => void,
  parents: readonly Node[] = [],
): void {
  visit(node, parents);
  const below = [...parents, node];
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (isNode(each)) walk(each, visit, below);
    }
  }
}

/** Walks a whole file. */
export function walkFile(
  path: string,
  text: string,
  visit: (node: Node, parents: readonly Node[]) => void,
): void {
  walk(parse(path, text).program as unknown as Node, visit);
}

/** The name of an identifier, or of the member in `object.member`. */
export function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Identifier') return value['name'] as string;
  if (value.type === 'MemberExpression') return nameOf(value['property']);
  return undefined;
}

/** The text of a string literal. */
export function stringOf(value: unknown): string | undefined {
  if (!isNode(value) || value.type !== 'Literal') return undefined;
  return typeof value['value'] === 'string' ? value['value'] : undefined;
}
