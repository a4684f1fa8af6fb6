/**
 * What a broker keeps and where: the memory engine, or the file engine in its data folder.
 *
 * Responsible for opening and closing it in order, and for what its reports become: log lines, and
 * the alarm of the disk. Not responsible for anything that is in it (store/).
 */
import type { Broker as Core } from './broker/broker.ts';
import type { TakeOther } from './broker/recovery.ts';
import type { ResolvedOptions } from './config/options.ts';
import { ProcessFacts } from './config/process-facts.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { DataFolder } from './store/file/data-folder.ts';
import { FileStore } from './store/file/file-store.ts';
import { MetadataLog } from './store/file/metadata.ts';
import { systemFiles } from './store/files.ts';
import { MemoryStore } from './store/memory.ts';
import type { Store } from './store/port.ts';

/** Reading takes so long that a line says how far it is, again and again. */
const PROGRESS_MS = 2_000;
const MIB = 1024 * 1024;

export interface StorageParts {
  readonly options: Pick<ResolvedOptions, 'dataDir' | 'durability'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Octets that are free where the data is, in place of what the operating system says. */
  readonly freeBytes?: (() => Promise<number>) | undefined;
  defer(fn: () => void): void;
}

export class Storage {
  readonly store: Store;
  readonly #folder: DataFolder | null;
  readonly #parts: StorageParts;
  /** Set once there is a broker. */
  readonly #link: { core: Core | null };

  private constructor(
    store: Store,
    folder: DataFolder | null,
    parts: StorageParts,
    link: { core: Core | null },
  ) {
    this.store = store;
    this.#folder = folder;
    this.#parts = parts;
    this.#link = link;
  }

  /** @throws DataFolderError for a folder that cannot be used; the system's error */
  static async open(parts: StorageParts): Promise<Storage> {
    const { dataDir } = parts.options;
    const link = { core: null };
    if (dataDir === null) return new Storage(new MemoryStore(), null, parts, link);
    const folder = await DataFolder.open(systemFiles, dataDir, new ProcessFacts());
    try {
      const store = await openStore(dataDir, folder.wasLeftOpen, parts, link);
      return new Storage(store, folder, parts, link);
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /** Makes again in `core` what was kept, and watches the disk for it from now on. */
  async attach(core: Core, diskFreeLimitBytes: number, takeOther: TakeOther): Promise<void> {
    this.#link.core = core;
    const { log, clock, options } = this.#parts;
    const began = clock.now();
    core.recover((line) => log.warning(line), takeOther);
    await core.load();
    const { dataDir } = options;
    if (dataDir === null) return;
    log.info(
      `data folder ${dataDir} is ready: durability ${options.durability}, ` +
        `${countsOf(core)} made again in ${Math.round(clock.now() - began)} ms`,
    );
    await core.watchDisk({
      limitBytes: diskFreeLimitBytes,
      freeBytes: this.#parts.freeBytes ?? (() => systemFiles.freeBytes(dataDir)),
      onError: (error) => log.warning(`cannot tell what is free in ${dataDir}: ${String(error)}`),
    });
  }

  /** Writes what is left. Nothing may be published or settled any more. */
  async close(): Promise<void> {
    const isWhole = await this.store.close();
    // Else the next start has to know that something may be missing.
    if (isWhole) await this.#folder?.close();
  }
}

async function openStore(
  folder: string,
  wasLeftOpen: boolean,
  { options, clock, log, defer }: StorageParts,
  link: { core: Core | null },
): Promise<FileStore> {
  const report = (line: string) => log.warning(line);
  const metadata = await MetadataLog.open(systemFiles, folder, report);
  let spoken = clock.now();
  return await FileStore.open({
    files: systemFiles,
    folder,
    metadata,
    durability: options.durability,
    wasLeftOpen,
    defer,
    wait: (milliseconds) =>
      new Promise((resolve) => {
        clock.setTimeout(resolve, milliseconds);
      }),
    report,
    diskFull: (isFull) => {
      const alarms = link.core?.alarms;
      if (isFull) log.error('the disk is full: publishers wait until there is room');
      else log.info('there is room on the disk again');
      if (isFull) alarms?.raise('disk', 'full');
      else alarms?.clear('disk', 'full');
    },
    failed: (error) => {
      log.error(`the store has failed, and nothing more is kept: ${String(error)}`);
      link.core?.alarms.raise('disk', 'full');
    },
    progress: (bytes) => {
      if (clock.now() - spoken < PROGRESS_MS) return;
      spoken = clock.now();
      log.info(`reading the journal: ${Math.round(bytes / MIB)} MiB so far`);
    },
  });
}

function countsOf(core: Core): string {
  let queues = 0;
  let messages = 0;
  for (const vhost of core.vhosts()) {
    for (const queue of vhost.queues()) {
      queues++;
      messages += queue.readyCount;
    }
  }
  return `${queues} queues with ${messages} messages`;
}
