/**
 * Reads the two lists that the suite is made of: interop/matrix.json (which clients, how to start
 * each) and interop/scenarios.json (what every one of them is asked to report).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SetupCommands } from './setups.ts';

/** The root of the repository: where commands of the matrix are run. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ClientEntry {
  readonly client: string;
  /** The pinned version; a program that runs another one fails. */
  readonly version: string;
  readonly language: string;
  readonly command: readonly string[];
  /** Names an entry of `setups`, where the language needs one. */
  readonly setup?: string;
}

export interface Matrix {
  readonly setups: SetupCommands;
  readonly clients: readonly ClientEntry[];
  /** Clients that people use and that are not run, with the reason. */
  readonly notHere: readonly { readonly client: string; readonly reason: string }[];
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** Why no RabbitMQ can pass it; none is asked to. */
  readonly leveretOnly?: string;
}

/** Reads the matrix. Throws an Error that names the fault. */
export function readMatrix(): Matrix {
  const matrix = readJson('interop/matrix.json') as Matrix;
  const seen = new Set<string>();
  for (const { client, setup, command } of matrix.clients) {
    if (seen.has(client)) throw new Error(`interop/matrix.json: ${client} stands there twice`);
    seen.add(client);
    if (command.length === 0) throw new Error(`interop/matrix.json: ${client} has no command`);
    if (setup !== undefined && !(setup in matrix.setups)) {
      throw new Error(`interop/matrix.json: ${client} names the setup ${setup}, which is missing`);
    }
  }
  return matrix;
}

export function readScenarios(): Scenario[] {
  return readJson('interop/scenarios.json') as Scenario[];
}

/** Reads a JSON file of the repository. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(`${ROOT}/${path}`, 'utf8'));
}
