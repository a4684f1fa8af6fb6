// A data folder as a broker leaves it, for the tools that look at it: definitions, messages in
// segments and in the journal, some settled, on files in memory.

import { encodeProperties, type Properties } from '../../protocol/properties.ts';
import { fromObject } from '../../protocol/table.ts';
import { Broker } from '../../src/broker/broker.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import type { StoreLimits } from '../../src/store/file/checkpoint.ts';
import type { FileStore } from '../../src/store/file/file-store.ts';
import type { Files } from '../../src/store/files.ts';
import type { FolderParts } from '../../src/tools/folder.ts';
import { Processes } from '../unit/store/processes.ts';
import { messageOf } from '../unit/support/broker-parts.ts';
import { MemoryFiles } from './memory-files.ts';
import { type Contents, copyOf, rest } from './store-damage.ts';
import { openStore, TINY_LIMITS } from './store-stage.ts';

export const PATH = '/data';
export const HEADERS = fromObject({
  n: 1,
  big: 2n ** 60n,
  list: ['a', null],
  raw: Buffer.from([255]),
});
const NOTHING = () => undefined;

export class ToolFolder {
  readonly files = new MemoryFiles(1);
  readonly processes = new Processes();
  readonly owner = this.processes.start();
  readonly limits: StoreLimits;
  broker!: Broker;
  store!: FileStore;

  constructor(limits: StoreLimits = TINY_LIMITS) {
    this.limits = limits;
  }

  async open(): Promise<void> {
    this.files.plant(`${PATH}/FORMAT`, '{"product":"leveret","format":1}\n');
    this.files.plant(`${PATH}/lock`, `${JSON.stringify(this.owner.self)}\n`);
    this.store = (await openStore(this.files, false, this.limits)).store;
    this.broker = new Broker({
      clock: new ManualClock(),
      memoryLimitBytes: 1e9,
      vhosts: ['/', 'other'],
      store: this.store,
      onReadError: NOTHING,
      randomBytes: () => Buffer.alloc(16),
      defer: (fn) => void setImmediate(fn),
      onListenerError: NOTHING,
    });
    this.broker.recover(NOTHING);
    await this.safe();
  }

  async safe(): Promise<void> {
    await new Promise<void>((resolve) => this.store.whenSafe({ settle: () => resolve() }));
    await rest();
  }

  declare(vhost: string, name: string) {
    const wanted = { name, durable: true, exclusive: false, autoDelete: false };
    const args = fromObject({ 'x-max-length': 1000 });
    const queue = this.broker.vhost(vhost)?.declareQueue({ ...wanted, arguments: args }, null);
    if (queue === undefined) throw new Error(`no vhost ${vhost}`);
    return queue;
  }

  publish(vhost: string, name: string, body: string | Buffer, more: Properties = {}): void {
    const properties = encodeProperties({ deliveryMode: 2, ...more });
    this.broker.vhost(vhost)?.queue(name, null).publish(messageOf(body, properties), null);
  }

  /** What the next process sees: this one was killed. */
  kill(): Contents {
    this.processes.kill(this.owner);
    return copyOf(this.files.kill());
  }

  parts(files: Files, force = false): FolderParts {
    return { files: readOnly(files), facts: this.processes.start(), path: PATH, force };
  }
}

/** Definitions of all kinds; a long queue, a short one, one in another virtual host. */
export async function makeToolFolder(limits?: StoreLimits): Promise<ToolFolder> {
  const folder = new ToolFolder(limits);
  await folder.open();
  const root = folder.broker.vhost('/');
  const exchange = { durable: true, autoDelete: false, internal: false, arguments: new Map() };
  root?.declareExchange({ name: 'logs', type: 'topic', ...exchange });
  const long = folder.declare('/', 'long');
  folder.declare('/', 'short one');
  folder.declare('other', 'long');
  const binding = {
    source: 'logs',
    kind: 'queue',
    destination: 'long',
    routingKey: 'a.#',
  } as const;
  root?.bind({ ...binding, arguments: fromObject({ k: 1 }) }, null);
  await folder.safe();
  for (let n = 0; n < 30; n++) {
    folder.publish('/', 'long', `long ${n} `.padEnd(70, '.'), { messageId: `m${n}` });
    await folder.safe();
  }
  folder.publish('/', 'short one', Buffer.from([0xff, 0]), { headers: HEADERS, timestamp: 7 });
  folder.publish('other', 'long', 'elsewhere é');
  for (let n = 0; n < 3; n++) {
    const entry = long.get(false);
    if (entry !== null && n !== 1) long.acknowledge(entry);
  }
  await folder.safe();
  return folder;
}

/** Files on which everything but reading fails. */
export function readOnly(files: Files): Files {
  const refuse = async (): Promise<never> => {
    throw new Error('a tool that only looks wants to change something');
  };
  return {
    ...{ makeFolder: refuse, syncFolder: refuse, rename: refuse, link: refuse },
    ...{ remove: refuse, removeFolder: refuse },
    open: (path, mode) => (mode === 'read' ? files.open(path, mode) : refuse()),
    list: (folder) => files.list(folder),
    exists: (path) => files.exists(path),
    names: (path) => files.names(path),
    readText: (path) => files.readText(path),
    freeBytes: (path) => files.freeBytes(path),
  };
}
