/**
 * The layer table: imports only point down. A folder may import itself and what its row names;
 * everything else is a violation.
 */
import { type Import, importsOf } from './imports.ts';
import type { Finding, Tree } from './tree.ts';

interface Layer {
  /** Folder or file. */
  readonly path: string;
  /** Folders or files of the project that it may import besides itself. */
  readonly may: readonly string[];
  /** node: modules that it may import; `*` for all. */
  readonly node: readonly string[];
  /** npm packages that it may import. */
  readonly packages?: readonly string[];
}

const VALUES = ['names', 'octets', 'properties', 'table', 'text'].map(
  (name) => `protocol/${name}.ts`,
);

/** The first row whose path fits counts: single files stand before their folder. */
export const LAYERS: readonly Layer[] = [
  { path: 'protocol', may: [], node: [] },
  { path: 'src/lib/log-winston.ts', may: ['src/lib'], node: ['stream'], packages: ['winston'] },
  { path: 'src/lib', may: [], node: [] },
  { path: 'src/config', may: ['src/lib'], node: ['fs', 'os', 'path/posix'] },
  { path: 'src/store/files.ts', may: ['src/lib'], node: ['fs', 'fs/promises', 'path'] },
  { path: 'src/store', may: ['src/lib'], node: ['path/posix'] },
  { path: 'src/broker', may: ['src/lib', 'src/store/port.ts', ...VALUES], node: [] },
  // AMQPLAIN's answer is a field table.
  {
    path: 'src/auth',
    may: ['src/lib', 'protocol/errors.ts', 'protocol/table.ts'],
    node: ['crypto'],
  },
  {
    path: 'src/session',
    may: ['protocol', 'src/broker', 'src/auth', 'src/lib'],
    node: ['crypto'],
  },
  { path: 'src/net', may: ['src/session', 'src/lib'], node: ['*'] },
  { path: 'src/metrics', may: ['src/lib', 'src/broker/events.ts'], node: [] },
  {
    path: 'src/management',
    may: ['src/broker', 'src/auth', 'src/metrics', 'src/lib'],
    node: ['*'],
  },
  { path: 'src/storage.ts', may: ['src/store', 'src/broker', 'src/config', 'src/lib'], node: [] },
  {
    path: 'src/server.ts',
    may: [
      'src/storage.ts',
      ...['src/net', 'src/session', 'src/broker', 'src/auth', 'src/config', 'src/lib'],
      ...['src/store', 'src/definitions', 'src/metrics', 'src/management', 'protocol'],
    ],
    node: ['*'],
  },
  {
    path: 'src/start-broker.ts',
    may: [
      ...['src/server.ts', 'src/storage.ts', 'src/definitions', 'src/config', 'src/lib'],
      'src/broker/log-exchange.ts',
    ],
    node: [],
  },
  {
    path: 'src/index.ts',
    may: [
      ...['src/server.ts', 'src/start-broker.ts'],
      ...['src/config', 'src/broker', 'src/definitions', 'src/session', 'src/lib', 'protocol'],
    ],
    node: [],
  },
  // Definitions files: what a broker has, and who may use it, in RabbitMQ's format.
  {
    path: 'src/definitions',
    may: ['src/broker', 'src/auth', 'src/lib', ...VALUES],
    node: [],
  },
  // Looks at data folders: records by the store's readers, their meaning by the broker's.
  {
    path: 'src/tools',
    may: ['src/store', 'src/broker', 'src/auth', 'src/definitions', 'src/lib', ...VALUES],
    node: ['path/posix'],
  },
  {
    path: 'src/cli',
    may: [
      'src/server.ts',
      'src/start-broker.ts',
      'src/tools',
      'src/store/files.ts',
      'src/config',
      'src/lib',
    ],
    node: ['*'],
  },
];

/** Imports of protocol/ and src/ that the table does not allow, and files that no row is for. */
export function checkLayers(tree: Tree, layers: readonly Layer[] = LAYERS): Finding[] {
  const findings: Finding[] = [];
  const product = [...tree].filter(([path]) => /^(?:protocol|src)\/.*\.ts$/.test(path));
  for (const [path] of product) {
    if (layerOf(path, layers) === undefined) {
      findings.push({ path, line: 0, problem: 'is in no layer: add a row to the layer table' });
    }
  }
  for (const each of importsOf(new Map(product))) {
    const layer = layerOf(each.from, layers);
    if (layer !== undefined && !isAllowed(each, layer)) {
      const { from: path, line, specifier } = each;
      findings.push({
        path,
        line,
        problem: `${layer.path} may not import ${each.to ?? specifier}`,
      });
    }
  }
  return findings;
}

function layerOf(path: string, layers: readonly Layer[]): Layer | undefined {
  return layers.find((layer) => isWithin(path, layer.path));
}

function isAllowed({ specifier, to }: Import, layer: Layer): boolean {
  if (to !== undefined) return [layer.path, ...layer.may].some((place) => isWithin(to, place));
  if (specifier.startsWith('node:')) {
    const name = specifier.slice('node:'.length);
    return layer.node.includes('*') || layer.node.includes(name);
  }
  return layer.packages?.includes(specifier) ?? false;
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
