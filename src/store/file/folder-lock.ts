/**
 * The lock of a data folder: a file `lock` that names its owner, for as long as the owner runs.
 *
 * Responsible for there being one owner at a time, and for taking over from one that is gone. Not
 * responsible for how one tells that a process is gone: `Owner` and `isRunning` are handed in. It
 * guards against processes that see each other: two containers or machines that share a folder do
 * not.
 *
 * The name `lock` is given by link(), which fails where it is taken: of many starters one has it.
 * Removing the lock of a dead owner is the delicate part, since between looking and removing it may
 * have become another's. Therefore every starter first puts up a ticket, a file whose name is its
 * own, and a lock is removed only by who then sees no other live ticket, and looks again after
 * that: of two who both want to, the one whose ticket came second sees the first. When two see each
 * other, the one whose ticket has the greater name steps back.
 */
import { type Files, isMissing, writeFully } from '../files.ts';
import { DataFolderError } from './folder-error.ts';

/** Who has a lock: enough to tell a process from a later one with the same number. */
export interface Owner {
  readonly pid: number;
  /** When the process began, in digits of any kind. */
  readonly started: string;
  /** The start of the machine; empty where it has no name. */
  readonly boot: string;
  readonly host: string;
}

/** What there is to know about processes. */
export interface ProcessFacts {
  /** This process. */
  readonly self: Owner;
  /** Whether a process of this number that began then still runs. */
  isRunning(pid: number, started: string): boolean;
}

const TICKET = /^lock\.(\d+)-(\d+)-\d+$/;
const PAUSE_MS = 10;
/** Opening takes milliseconds: whoever holds a ticket for that long is stopped, or no Leveret. */
const PATIENCE_MS = 5_000;

/** Several opens of one process must not share a ticket. */
let tickets = 0;

/** Whether a name in a folder is that of a lock or of somebody's ticket for it. */
export function isLockName(name: string): boolean {
  return name === 'lock' || TICKET.test(name);
}

const UNREADABLE = "its file 'lock' cannot be read; remove it if no other process uses the folder";

/** What the lock of a folder says, to somebody who does not want it. */
export interface LockState {
  /** null: it cannot be read. */
  readonly owner: Owner | null;
  /** Whether the owner still runs. */
  readonly isHeld: boolean;
}

/** What there is of a lock; null for none. Changes nothing. */
export async function lookAtLock(
  files: Files,
  folder: string,
  facts: ProcessFacts,
): Promise<LockState | null> {
  const owner = await ownerOf(files, folder);
  if (owner === null) return null;
  if (owner === 'unreadable') return { owner: null, isHeld: false };
  return { owner, isHeld: isHeld(owner, facts) };
}

/** @throws DataFolderError when somebody may be using the folder */
export function refuseLocked(folder: string, lock: LockState | null, facts: ProcessFacts): void {
  if (lock === null) return;
  if (lock.owner === null) throw new DataFolderError(folder, 'damaged', UNREADABLE);
  if (lock.isHeld) throw inUse(folder, lock.owner, facts);
}

export class FolderLock {
  readonly #files: Files;
  readonly #folder: string;
  readonly #facts: ProcessFacts;
  readonly #ticket: string;
  /** It was another's, who ended without giving the folder free. */
  wasStale = false;

  private constructor(files: Files, folder: string, facts: ProcessFacts) {
    this.#files = files;
    this.#folder = folder;
    this.#facts = facts;
    const { pid, started } = facts.self;
    this.#ticket = `lock.${pid}-${started}-${++tickets}`;
  }

  /** @throws DataFolderError when a running process has it; the system's errors */
  static async take(files: Files, folder: string, facts: ProcessFacts): Promise<FolderLock> {
    const lock = new FolderLock(files, folder, facts);
    // Before anything is written: a folder in use is not touched.
    await lock.#isStale();
    try {
      await lock.#putTicket();
      while (!(await lock.#link())) {
        if (await lock.#isStale()) await lock.#removeStale();
      }
    } finally {
      await files.remove(lock.#path(lock.#ticket));
    }
    // That it was taken must survive what the process does not.
    try {
      await files.syncFolder(folder);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return lock;
  }

  /** Gives the folder free for others. */
  async release(): Promise<void> {
    const { pid, started } = this.#facts.self;
    const owner = await this.#owner();
    if (owner?.pid === pid && owner.started === started) {
      await this.#files.remove(this.#path('lock'));
    }
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  /** The ticket says the same as the lock that it may become: what is linked is whole and safe. */
  async #putTicket(): Promise<void> {
    const file = await this.#files.open(this.#path(this.#ticket), 'create');
    try {
      await writeFully(file, [Buffer.from(`${JSON.stringify(this.#facts.self)}\n`)], 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #link(): Promise<boolean> {
    try {
      await this.#files.link(this.#path(this.#ticket), this.#path('lock'));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Whether there is a lock whose owner is gone. @throws DataFolderError when it is not gone */
  async #isStale(): Promise<boolean> {
    const owner = await this.#owner();
    if (owner === null) return false;
    if (!isHeld(owner, this.#facts)) return true;
    throw inUse(this.#folder, owner, this.#facts);
  }

  async #owner(): Promise<Owner | null> {
    const owner = await ownerOf(this.#files, this.#folder);
    if (owner !== 'unreadable') return owner;
    throw this.#refusal('damaged', UNREADABLE);
  }

  /** Removes the lock if it still is that of a dead owner once nobody else can do the same. */
  async #removeStale(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const others = await this.#otherTickets();
      if (others.length === 0) break;
      if (Date.now() > deadline) {
        throw this.#refusal('in-use', `process ${others[0]?.pid} has been opening it for seconds`);
      }
      if (others.some(({ name }) => name < this.#ticket)) await this.#stepBack(deadline);
      else await pause();
    }
    if (!(await this.#isStale())) return;
    await this.#files.remove(this.#path('lock'));
    this.wasStale = true;
  }

  /** Out of the way of those who go first, until they are done. */
  async #stepBack(deadline: number): Promise<void> {
    await this.#files.remove(this.#path(this.#ticket));
    do await pause();
    while ((await this.#otherTickets()).length !== 0 && Date.now() <= deadline);
    await this.#putTicket();
  }

  /** Tickets of others that are still running; those of the dead are cleared away. */
  async #otherTickets(): Promise<{ name: string; pid: number }[]> {
    const live: { name: string; pid: number }[] = [];
    for (const name of await this.#files.list(this.#folder)) {
      const [, pid, started] = TICKET.exec(name) ?? [];
      if (pid === undefined || started === undefined || name === this.#ticket) continue;
      if (this.#facts.isRunning(Number(pid), started)) live.push({ name, pid: Number(pid) });
      else await this.#files.remove(this.#path(name));
    }
    return live;
  }

  #refusal(problem: 'in-use' | 'damaged', why: string): DataFolderError {
    return new DataFolderError(this.#folder, problem, why);
  }
}

async function ownerOf(files: Files, folder: string): Promise<Owner | 'unreadable' | null> {
  try {
    const owner = JSON.parse(await files.readText(`${folder}/lock`)) as Owner;
    return isOwner(owner) ? owner : 'unreadable';
  } catch (error) {
    if (isMissing(error)) return null;
    if (error instanceof SyntaxError) return 'unreadable';
    throw error;
  }
}

function isHeld({ boot, pid, started }: Owner, facts: ProcessFacts): boolean {
  return boot === facts.self.boot && facts.isRunning(pid, started);
}

function inUse(folder: string, owner: Owner, { self }: ProcessFacts): DataFolderError {
  const where = owner.host === self.host ? '' : ` of ${owner.host}`;
  const who = owner.pid === self.pid ? 'this process' : 'another process';
  const why = `it is in use by ${who}, pid ${owner.pid}${where}`;
  return new DataFolderError(folder, 'in-use', why);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, started, boot, host } = value as Partial<Owner>;
  return (
    Number.isInteger(pid) &&
    Number(pid) > 0 &&
    [started, boot, host].every((each) => typeof each === 'string')
  );
}
