/**
 * Runs the shared scenarios with one client and reports each on a line of its own: `ok name`,
 * `not ok name - reason`, `skip name - reason`, and `# note name - text` for what a client could
 * not be asked to do. Which ones they are comes in INTEROP_SCENARIOS. Every scenario has a time
 * limit; what it opened is closed after it.
 */
import { Limit } from './limit.ts';
import { OwnBroker } from './own-broker.ts';
import type { Client, ConnectOptions, Link } from './port.ts';

const SCENARIO_LIMIT_MS = 15_000;
const CLOSE_LIMIT_MS = 3_000;

/** Thrown by a scenario that this client or this broker gives no way to run. */
export class Skip extends Error {}

export interface Context {
  readonly client: Client;
  /** amqp://user:password@host:port, without a path. */
  readonly url: string;
  /** Unique to this run and scenario: the stem of all names that it declares. */
  readonly name: string;
  /** A connection that is closed after the scenario; to `url`, or to another broker. */
  connect(options?: Omit<ConnectOptions, 'lower'>, url?: string): Promise<Link>;
  /** A broker of its own, running, with its URL; skips the scenario where there is none. */
  ownBroker(): Promise<{ broker: OwnBroker; url: string }>;
  /** Runs after the scenario, whatever came of it. */
  after(action: () => unknown): void;
  note(text: string): void;
}

/** What was rejected since the scenario began, with nobody to hear of it. */
const unhandled: unknown[] = [];

export type Scenarios = Readonly<Record<string, (context: Context) => Promise<void>>>;

/** Runs everything; resolves with the number of failures. */
export async function runScenarios(client: Client, scenarios: Scenarios): Promise<number> {
  const url = process.env['INTEROP_URL'];
  if (url === undefined) throw new Error('INTEROP_URL is not set');
  print(`# client ${client.name} ${client.version}`);
  // It fails the scenario, but must not end the program: a failed one may leave some behind.
  process.on('unhandledRejection', (error) => unhandled.push(error));
  let failures = 0;
  for (const name of (process.env['INTEROP_SCENARIOS'] ?? '').split(' ')) {
    const outcome = await runOne(client, url, name, scenarios[name]);
    print(outcome);
    if (outcome.startsWith('not ok')) failures++;
  }
  return failures;
}

async function runOne(
  client: Client,
  url: string,
  name: string,
  scenario: Scenarios[string] | undefined,
): Promise<string> {
  if (scenario === undefined) return `not ok ${name} - not written for this language`;
  const cleanups: (() => unknown)[] = [];
  const limit = new Limit(SCENARIO_LIMIT_MS);
  const context = makeContext(client, url, name, { cleanups, limit });
  try {
    unhandled.length = 0;
    await limit.bound(scenario(context));
    if (unhandled.length > 0) throw new Error(`rejected, unheard: ${oneLine(unhandled[0])}`);
    return `ok ${name}`;
  } catch (error) {
    if (error instanceof Skip) return `skip ${name} - ${oneLine(error)}`;
    return `not ok ${name} - ${oneLine(error)}`;
  } finally {
    for (const cleanup of cleanups.reverse()) {
      try {
        await new Limit(CLOSE_LIMIT_MS).bound(Promise.resolve(cleanup()));
      } catch (error) {
        print(`# after ${name}: ${oneLine(error)}`);
      }
    }
  }
}

function makeContext(
  client: Client,
  url: string,
  name: string,
  { cleanups, limit }: { cleanups: (() => unknown)[]; limit: Limit },
): Context {
  const note = (text: string): void => print(`# note ${name} - ${text}`);
  const lower = client.lower?.scenarios.includes(name) ?? false;
  if (lower) note(client.lower?.note ?? '');
  const partly = client.notes?.[name];
  if (partly !== undefined) note(partly);
  return {
    client,
    url,
    name: `interop.${client.name}.${process.pid}.${name}`,
    async connect(options, to = url) {
      const link = await client.connect(to, { ...options, lower });
      cleanups.push(() => link.close());
      return link;
    },
    async ownBroker() {
      const address = process.env['INTEROP_CONTROL'];
      if (!address) throw new Skip('the runner did not start this broker, so it cannot kill it');
      const broker = await OwnBroker.open(address, limit);
      cleanups.push(() => broker.close());
      return { broker, url: await broker.start() };
    },
    after(action) {
      cleanups.push(action);
    },
    note,
  };
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
