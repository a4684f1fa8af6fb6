/**
 * A RabbitMQ that was given definitions at its start, and what it exports: by `rabbitmqctl` and by
 * its HTTP API, which write different fields. It is ended again.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, HOST } from '../brokers/broker.ts';
import { RabbitmqBroker } from '../brokers/rabbitmq.ts';
import { type Export, merged } from './compare.ts';

const EXPORT_LIMIT_MS = 10_000;

export interface RabbitmqExports {
  readonly rabbitmqctl: Export;
  readonly http: Export;
  /** All that it tells of itself. */
  readonly both: Export;
}

/**
 * Loads definitions into a fresh RabbitMQ; `login` is an administrator's in them. A node that does
 * not start or answer is told of by `report`, and another one is tried, once: its ports may have
 * been taken by others meanwhile.
 */
export async function throughRabbitmq(
  definitions: object,
  login: string,
  report: (line: string) => void,
): Promise<RabbitmqExports> {
  try {
    return await throughOne(definitions, login);
  } catch (error) {
    report(`tried again with another node: ${String(error)}`);
    return await throughOne(definitions, login);
  }
}

async function throughOne(definitions: object, login: string): Promise<RabbitmqExports> {
  const port = await freePort();
  const broker = await RabbitmqBroker.create({
    definitions,
    plugins: ['rabbitmq_management'],
    configuration: [`management.tcp.ip = ${HOST}`, `management.tcp.port = ${port}`],
  });
  try {
    await broker.start();
    const rabbitmqctl = await controlExport(broker);
    const http = await httpExport(port, login);
    return { rabbitmqctl, http, both: merged(rabbitmqctl, http) };
  } finally {
    await broker.kill();
  }
}

async function controlExport(broker: RabbitmqBroker): Promise<Export> {
  const folder = mkdtempSync(join(tmpdir(), 'definitions-'));
  try {
    const path = join(folder, 'export.json');
    await broker.control('export_definitions', path);
    return JSON.parse(readFileSync(path, 'utf8')) as Export;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function httpExport(port: number, login: string): Promise<Export> {
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const response = await fetch(`http://${HOST}:${port}/api/definitions`, {
    headers: { authorization },
    signal: AbortSignal.timeout(EXPORT_LIMIT_MS),
  });
  if (!response.ok) throw new Error(`/api/definitions: ${response.status}`);
  return (await response.json()) as Export;
}
