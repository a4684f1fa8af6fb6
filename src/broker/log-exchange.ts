/**
 * amq.rabbitmq.log: the log as messages, the level as their key (B7.7,
 * https://www.rabbitmq.com/docs/logging#log-exchange).
 *
 * Responsible for turning records into messages. What is logged before there is an exchange, or
 * because of such a message, is not told.
 */
import type { LogFormat, LogRecord, LogSink } from '../lib/log.ts';
import { formatRecord } from '../lib/log-format.ts';
import { internalMessage } from './internal-message.ts';
import { Chunk, type Message } from './message.ts';

export const LOG_EXCHANGE = 'amq.rabbitmq.log';

const CONTENT_TYPES: Readonly<Record<LogFormat, string>> = {
  text: 'text/plain',
  json: 'application/json',
};

export class LogExchange {
  readonly #node: string;
  readonly #format: LogFormat;
  #publish: ((message: Message) => void) | null = null;

  /** `node`: what the broker is called. */
  constructor(node: string, format: LogFormat) {
    this.#node = node;
    this.#format = format;
  }

  /** There is an exchange now. */
  connect(publish: (message: Message) => void): void {
    this.#publish = publish;
  }

  readonly sink: LogSink = (record) => {
    const publish = this.#publish;
    if (publish === null) return;
    this.#publish = null;
    try {
      publish(this.#messageOf(record));
    } finally {
      this.#publish = publish;
    }
  };

  #messageOf(record: LogRecord): Message {
    const bytes = Buffer.from(formatRecord(record, this.#format));
    return internalMessage(
      LOG_EXCHANGE,
      record.level,
      {
        contentType: CONTENT_TYPES[this.#format],
        headers: new Map([['node', { type: 'S', value: this.#node }]]),
        timestamp: Math.floor(record.time / 1000),
      },
      { body: new Chunk(bytes), bodyStart: 0, bodySize: bytes.length, parts: null },
    );
  }
}
