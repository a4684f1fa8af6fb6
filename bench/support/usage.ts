/**
 * CPU time and resident memory of a process, from /proc.
 *
 * Responsible for reading them, for finding out which process listens on a port of this machine,
 * and for sampling the peak while something runs. Where there is no /proc, or it may not be read,
 * everything answers undefined and the tables show a dash.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux' USER_HZ, which is 100 on every platform that Node supports. */
const MS_PER_TICK = 10;
const SAMPLE_MS = 100;
/** Quiet: at most two ticks of CPU in this time. */
const QUIET_LOOK_MS = 250;
const QUIET_CPU_MS = 20;
const QUIET_LIMIT_MS = 10_000;
const LISTENING = '0A';

export interface Usage {
  /** User and system time since the process started, in milliseconds, threads included. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** The text of a file under /proc, undefined when there is none or it may not be read. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch (error) {
    return missing(error);
  }
}

function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error) return undefined;
  throw error;
}

/** utime + stime of a /proc/<pid>/stat line, in ms; its command may hold spaces and parentheses. */
export function cpuMsOfStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** VmRSS of a /proc/<pid>/status text, in octets; 0 when it has none. */
export function rssBytesOfStatus(status: string): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  return found === null ? 0 : Number(found[1]) * 1024;
}

export function usageOf(pid: number): Usage | undefined {
  const stat = readProc(`${pid}/stat`);
  const status = readProc(`${pid}/status`);
  if (stat === undefined || status === undefined) return undefined;
  return { cpuMs: cpuMsOfStat(stat), rssBytes: rssBytesOfStatus(status) };
}

/** Time that all cores together were busy since the start, in ms, of /proc/stat's text. */
export function busyMsOfStat(text: string): number {
  const [first = ''] = text.split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = first
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq) * MS_PER_TICK;
}

/** The machine's; undefined where there is no /proc. */
export function machineBusyMs(): number | undefined {
  const text = readProc('stat');
  return text === undefined ? undefined : busyMsOfStat(text);
}

/** The inodes of sockets that listen on `port`, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(wanted) === true && fields[3] === LISTENING)
    .map((fields) => fields[9] as string);
}

/** The process that listens on `port` of this machine; undefined when it cannot be found out. */
export function pidListeningOn(port: number): number | undefined {
  const tables = [readProc('net/tcp'), readProc('net/tcp6')];
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table ?? '', port)));
  if (inodes.size === 0) return undefined;
  const links = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (descriptorsOf(pid).some((link) => links.has(link))) return Number(pid);
  }
  return undefined;
}

function descriptorsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch (error) {
    return missing(error) ?? [];
  }
}

/**
 * Waits until none of the processes uses much CPU: what a run left behind (a queue being deleted,
 * garbage) must not be counted to the next one. Gives up waiting after 10 s.
 */
export async function untilQuiet(pids: readonly number[]): Promise<void> {
  const total = (): number => pids.reduce((sum, pid) => sum + (usageOf(pid)?.cpuMs ?? 0), 0);
  const giveUpAt = Date.now() + QUIET_LIMIT_MS;
  for (let before = total(); Date.now() < giveUpAt; ) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_LOOK_MS));
    const after = total();
    if (after - before <= QUIET_CPU_MS * pids.length) return;
    before = after;
  }
}

/** Samples the highest RSS of a process from its creation to stop(). */
export class PeakRss {
  private highest = 0;
  private readonly timer: NodeJS.Timeout;
  private readonly sample: () => void;

  constructor(pid: number | undefined) {
    this.sample = () => {
      if (pid === undefined) return;
      this.highest = Math.max(this.highest, usageOf(pid)?.rssBytes ?? 0);
    };
    this.timer = setInterval(this.sample, SAMPLE_MS);
    this.sample();
  }

  /** Octets; undefined when it could not be read. May be called again. */
  stop(): number | undefined {
    clearInterval(this.timer);
    this.sample();
    return this.highest === 0 ? undefined : this.highest;
  }
}
