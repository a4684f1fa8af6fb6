/**
 * The log as the broker sees it: four methods and a flag. A method of a level that is off is one
 * shared no-op, so a disabled call costs a call and nothing else; code that must build an expensive
 * message asks `debugEnabled` first. Nothing here formats or writes: records go to a sink
 * (log-winston.ts has the real one). There is no log call per message or frame anywhere.
 */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'none'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogSeverity = Exclude<LogLevel, 'none'>;

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * Facts beside the message; JSON lines carry all of them. `connection` is the connection's number,
 * shown in the place of RabbitMQ's process id as `<0.N.0>`.
 */
export interface LogFields {
  readonly connection?: number | undefined;
  readonly [name: string]: string | number | boolean | undefined;
}

/** One line before it is formatted. `time` is in milliseconds since 1970, with a fraction. */
export interface LogRecord {
  readonly time: number;
  readonly level: LogSeverity;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export type LogSink = (record: LogRecord) => void;

/** A message may have several lines; each is written as a line of its own with the same prefix. */
export interface Log {
  readonly debugEnabled: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/**
 * What stands in RabbitMQ's log where the process id of a connection stands. 0 is the server
 * itself.
 */
export function logId(connection: number): string {
  return `<0.${connection}.0>`;
}

let clockOffset = performance.timeOrigin;

/**
 * Milliseconds since 1970 with a fraction: RabbitMQ's lines show microseconds, which `Date.now()`
 * lacks. The fine clock is moved along whenever the machine's clock was set.
 */
export function logTime(): number {
  const fine = performance.now();
  const wall = Date.now();
  if (Math.abs(clockOffset + fine - wall) > 2) clockOffset = wall - fine;
  return clockOffset + fine;
}

// One function for all disabled levels of all logs: the call site stays monomorphic.
function disabled(): undefined {
  return undefined;
}

/** Makes a log that passes records of `level` and above to `sink`. */
export function createLog(level: LogLevel, sink: LogSink): Log {
  const lowest = LOG_LEVELS.indexOf(level);
  const method = (name: LogSeverity): ((message: string, fields?: LogFields) => void) => {
    if (LOG_LEVELS.indexOf(name) < lowest) return disabled;
    return (message, fields) => sink({ time: logTime(), level: name, message, fields });
  };
  return Object.freeze({
    debugEnabled: level === 'debug',
    debug: method('debug'),
    info: method('info'),
    warning: method('warning'),
    error: method('error'),
  });
}

/** A log that says everything to both. */
export function bothLogs(first: Log, second: Log): Log {
  const method =
    (name: LogSeverity) =>
    (message: string, fields?: LogFields): void => {
      first[name](message, fields);
      second[name](message, fields);
    };
  return Object.freeze({
    debugEnabled: first.debugEnabled || second.debugEnabled,
    debug: method('debug'),
    info: method('info'),
    warning: method('warning'),
    error: method('error'),
  });
}

/** The log of an embedded broker that was not asked for one. */
export const noLog: Log = createLog('none', disabled);
