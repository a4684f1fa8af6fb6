/**
 * What the machine says about processes: which one this is, and whether another still runs. Numbers
 * of processes are used again, so a process is its number and the time at which it began. Where
 * there is no /proc that time is known of this process alone.
 */
import { hostname } from 'node:os';
import { type ReadText, readText } from './memory-limit.ts';

/** The kernel's view of a process, out of /proc/PID/stat. */
interface Status {
  /** Z and X: it is dead, and only its parent has not noticed yet. */
  readonly state: string;
  readonly started: string;
}

export class ProcessFacts {
  readonly self: {
    readonly pid: number;
    readonly started: string;
    readonly boot: string;
    readonly host: string;
  };
  readonly #read: ReadText;
  readonly #hasProc: boolean;

  constructor(read: ReadText = readText, pid = process.pid) {
    this.#read = read;
    const status = this.#status(pid);
    this.#hasProc = status !== null;
    this.self = {
      pid,
      started: status?.started ?? String(Math.round(performance.timeOrigin)),
      boot: read('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
      host: hostname(),
    };
  }

  isRunning(pid: number, started: string): boolean {
    if (pid === this.self.pid) return started === this.self.started;
    const status = this.#hasProc ? this.#status(pid) : null;
    // Processes of other users may be hidden, and yet there.
    if (status === null) return isThere(pid);
    return status.started === started && !/[ZX]/i.test(status.state);
  }

  #status(pid: number): Status | null {
    const text = this.#read(`/proc/${pid}/stat`);
    if (text === undefined) return null;
    // The name stands in brackets and may hold anything, brackets and blanks too.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state === undefined || started === undefined ? null : { state, started };
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
