/**
 * The console log: records become lines on stdout through winston. Importing winston takes as long
 * as starting the rest of the broker, so it is imported after start-up: until then the same
 * formatter writes straight to the stream, hence nothing is lost and the order is kept. Lines of
 * one turn of the event loop leave in one write; what is left at exit is written then. A reader of
 * the log that is slow or gone costs lines, which are counted, never memory or the broker.
 */
import { Writable } from 'node:stream';
import type { LogFormat, LogLevel, LogRecord } from './log.ts';
import { createLog, type Log, type LogSink, logTime, noLog } from './log.ts';
import { formatRecord } from './log-format.ts';

/** Octets that may wait for the reader of the log before lines are dropped. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

export interface ConsoleLog {
  readonly log: Log;
  /**
   * Writes an info line whatever the level is: what a person or script that started the broker
   * waits for.
   */
  announce(message: string): void;
  /** Imports winston and lets it write from now on. Harmless when called again. */
  attachWinston(): Promise<void>;
  /** Writes what is left and lets go of the stream. Records that come later are dropped. */
  close(): Promise<void>;
}

export interface ConsoleLogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go; process.stdout unless given. */
  readonly target?: NodeJS.WritableStream & { readonly writableLength: number };
}

type Target = NonNullable<ConsoleLogOptions['target']>;

/**
 * Opens the console log. Nothing is written and winston is not imported until there is something to
 * say.
 */
export function openConsoleLog({ level, format, target }: ConsoleLogOptions): ConsoleLog {
  const lines = new LineWriter(target ?? process.stdout, (dropped) => {
    const message = `${dropped} log lines were dropped: the reader of the log is too slow`;
    return formatRecord(
      { time: logTime(), level: 'warning', message, fields: { dropped } },
      format,
    );
  });
  const direct: LogSink = (record) => lines.take(formatRecord(record, format));
  let sink = direct;
  let end: (() => Promise<void>) | undefined;
  let attaching: Promise<void> | undefined;
  const attach = async (): Promise<void> => {
    const backend = await openWinston(lines, format);
    if (!lines.open) return;
    sink = backend.write;
    end = backend.end;
  };
  return {
    log: level === 'none' ? noLog : createLog(level, (record) => sink(record)),
    announce: (message) => sink({ time: logTime(), level: 'info', message, fields: undefined }),
    attachWinston() {
      attaching ??= attach();
      return attaching;
    },
    async close() {
      sink = direct;
      await end?.();
      lines.close();
    },
  };
}

interface Backend {
  readonly write: LogSink;
  end(): Promise<void>;
}

async function openWinston(lines: LineWriter, format: LogFormat): Promise<Backend> {
  const { default: winston } = await import('winston');
  // winston runs the logger's format for every record; the work is done in the transport's, once.
  const asIs = winston.format((info) => info);
  const formatted = winston.format((info) => {
    info[MESSAGE] = formatRecord(info['record'] as LogRecord, format);
    return info;
  });
  const logger = winston.createLogger({
    levels: { error: 0, warning: 1, info: 2, debug: 3 },
    level: 'debug',
    format: asIs(),
    transports: [new winston.transports.Stream({ stream: lines, format: formatted(), eol: '' })],
  });
  return {
    write: (record) => {
      logger.log({ level: record.level, message: record.message, record });
    },
    end: () =>
      new Promise((resolve) => {
        logger.once('finish', resolve);
        logger.end();
      }),
  };
}

const MESSAGE = Symbol.for('message');

/** Gathers the lines of one turn of the event loop and writes them at once; bounded. */
class LineWriter extends Writable {
  readonly #target: Target;
  readonly #notice: (dropped: number) => string;
  #waiting = '';
  #scheduled: NodeJS.Immediate | undefined;
  #dropped = 0;
  #open = true;

  /** `notice` words the line that tells how many were dropped. */
  constructor(target: Target, notice: (dropped: number) => string) {
    super({ decodeStrings: false });
    this.#target = target;
    this.#notice = notice;
    target.on('error', this.#onError);
    process.on('exit', this.#flush);
  }

  get open(): boolean {
    return this.#open;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.take(chunk);
    done();
  }

  take(text: string): void {
    if (!this.#open) return;
    if (this.#waiting.length + this.#target.writableLength > MAX_WAITING_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#waiting += text;
    this.#scheduled ??= setImmediate(this.#flush);
  }

  close(): void {
    this.#flush();
    this.#open = false;
    this.#target.off('error', this.#onError);
    process.off('exit', this.#flush);
  }

  readonly #flush = (): void => {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#waiting === '') return;
    let text = this.#waiting;
    this.#waiting = '';
    if (this.#dropped > 0) {
      text += this.#notice(this.#dropped);
      this.#dropped = 0;
    }
    this.#target.write(text);
  };

  // The reader closed its end (`leveret | head`): the broker goes on without a log.
  readonly #onError = (): void => {
    this.#open = false;
    this.#waiting = '';
  };
}
