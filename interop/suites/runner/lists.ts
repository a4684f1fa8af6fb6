/**
 * Reads the two lists that the foreign suites are made of: interop/suites/suites.json (which
 * suites, how each is run) and interop/suites/exceptions.json (tests that are known to fail here).
 */
import { readFileSync } from 'node:fs';
import { ROOT } from '../../runner/matrix.ts';

export type ResultFormat = 'junit' | 'go' | 'cargo';

export interface Suite {
  readonly suite: string;
  /** The registry and its name there. */
  readonly package: string;
  readonly version: string;
  readonly language: string;
  readonly setup: string;
  /** Where the command is run: a place under .cache/, made by the setup. */
  readonly folder: string;
  /** `{url}`, `{port}`, `{results}` and `{root}` are put in, here and in `env`. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How the command tells results: XML files in `{results}`, or its output. */
  readonly results: ResultFormat;
  /** The tests know no other port than 5672: connections to it are turned to the broker. */
  readonly redirect?: boolean;
  readonly vhosts?: readonly string[];
  /** name:password, each with all permissions on all vhosts; guest:guest when there are none. */
  readonly users?: readonly string[];
  readonly limitSeconds: number;
  /** Tests of the package that the command leaves out, and why. */
  readonly without?: string;
}

export interface SuiteList {
  readonly setups: Readonly<Record<string, { readonly command: readonly string[] }>>;
  readonly suites: readonly Suite[];
}

/** Tests that pass on RabbitMQ and not here. */
export interface Exceptions {
  readonly suite: string;
  readonly reason: string;
  /**
   * true: the tests fail at times, on either broker. 'rabbitmq': at times there, and always here.
   * All others have to pass there and to fail here as long as they stand.
   */
  readonly flaky?: true | 'rabbitmq';
  readonly tests: readonly string[];
}

const FOLDER = `${ROOT}/interop/suites`;

/** Reads the suites. Throws an Error that names the fault. */
export function readSuites(): SuiteList {
  const list = readJson('suites.json') as SuiteList;
  const seen = new Set<string>();
  for (const { suite, setup, command } of list.suites) {
    if (seen.has(suite)) throw new Error(`suites.json: ${suite} stands there twice`);
    seen.add(suite);
    if (command.length === 0) throw new Error(`suites.json: ${suite} has no command`);
    if (!(setup in list.setups)) {
      throw new Error(`suites.json: ${suite} names the setup ${setup}, which is missing`);
    }
  }
  return list;
}

/** Reads the exceptions. Throws an Error for one that names no suite. */
export function readExceptions(suites: readonly Suite[]): Exceptions[] {
  const exceptions = readJson('exceptions.json') as Exceptions[];
  const names = new Set(suites.map(({ suite }) => suite));
  for (const { suite } of exceptions) {
    if (!names.has(suite)) throw new Error(`exceptions.json: there is no suite ${suite}`);
  }
  return exceptions;
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'));
}
