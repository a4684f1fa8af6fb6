/**
 * Two exports of definitions, section by section: lists are sets, entries are found by what names
 * them, and all their fields are compared. Pure.
 *
 * Not compared: versions and explanations at the head of an export, and global parameters that
 * RabbitMQ makes for itself (`internal_cluster_id`).
 */

type Entry = Readonly<Record<string, unknown>>;
export type Export = Readonly<Record<string, unknown>>;

/** The sections, with the fields that name an entry. */
const SECTIONS = {
  users: ['name'],
  vhosts: ['name'],
  permissions: ['user', 'vhost'],
  topic_permissions: ['user', 'vhost', 'exchange'],
  parameters: ['vhost', 'component', 'name'],
  global_parameters: ['name'],
  policies: ['vhost', 'name'],
  queues: ['vhost', 'name'],
  exchanges: ['vhost', 'name'],
  bindings: ['vhost', 'source', 'destination_type', 'destination', 'routing_key', 'arguments'],
} as const;
export type Section = keyof typeof SECTIONS;
export const SECTION_NAMES = Object.keys(SECTIONS) as Section[];

/** What differs in a section: `-` lines are theirs alone, `+` lines ours. */
export function differences(section: Section, theirs: Export, ours: Export): string[] {
  const [before, after] = [entriesOf(section, theirs), entriesOf(section, ours)];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].sort().flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === undefined) return [`+ ${name}`];
    if (now === undefined) return [`- ${name}`];
    const fields = new Set([...Object.keys(old), ...Object.keys(now)]);
    return [...fields].sort().flatMap((field) => {
      const [was, is] = [textOf(old[field]), textOf(now[field])];
      if (was === is) return [];
      const lines = [];
      if (was !== undefined) lines.push(`- ${name} ${field}: ${was}`);
      if (is !== undefined) lines.push(`+ ${name} ${field}: ${is}`);
      return lines;
    });
  });
}

/** Lists at the top level that only one of two exports has. */
export function listDifferences(theirs: Export, ours: Export): string[] {
  const [before, after] = [listsOf(theirs), listsOf(ours)];
  return [
    ...before.filter((name) => !after.includes(name)).map((name) => `- ${name}`),
    ...after.filter((name) => !before.includes(name)).map((name) => `+ ${name}`),
  ];
}

/** Both together: all entries of either, with the fields of either; the second's values count. */
export function merged(first: Export, second: Export): Export {
  const sections = SECTION_NAMES.map((section) => {
    const all = entriesOf(section, first);
    for (const [name, entry] of entriesOf(section, second)) {
      all.set(name, { ...all.get(name), ...entry });
    }
    return [section, [...all.values()]];
  });
  return { ...first, ...second, ...Object.fromEntries(sections) };
}

/** How many entries a section has. */
export function count(section: Section, exported: Export): number {
  return entriesOf(section, exported).size;
}

/** The entries by name. Throws an Error when one is there twice. */
function entriesOf(section: Section, exported: Export): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const entry of (exported[section] ?? []) as readonly Entry[]) {
    if (section === 'global_parameters' && String(entry['name']).startsWith('internal')) continue;
    const name = SECTIONS[section].map((field) => textOf(entry[field])).join(' ');
    if (entries.has(name)) throw new Error(`${section}: ${name} is there twice`);
    entries.set(name, entry);
  }
  return entries;
}

function listsOf(exported: Export): string[] {
  return Object.keys(exported).filter((key) => Array.isArray(exported[key]));
}

/** JSON with the keys in order; undefined for what is not there. */
function textOf(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
