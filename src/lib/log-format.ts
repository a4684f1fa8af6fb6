/**
 * The two forms of a log line. Text has the layout of RabbitMQ 3.13's console log, so that people
 * and tools that read that one read this one:
 *
 *     2026-11-23 06:12:10.123456+00:00 [info] <0.7.0> accepting AMQP connection ...
 *
 * `<0.7.0>` stands where RabbitMQ prints an Erlang process: connection number 7; 0 is the server. A
 * message of several lines is written as several lines with the same front. JSON has RabbitMQ's
 * keys time, level, msg and pid, then the fields of the record. Pure: no output here.
 */
import { type LogFormat, type LogRecord, logId } from './log.ts';

/** Formats a record as one or more lines, each ended by a line feed. */
export function formatRecord(record: LogRecord, format: LogFormat): string {
  return format === 'json' ? formatJson(record) : formatText(record);
}

function formatText({ time, level, message, fields }: LogRecord): string {
  const front = `${formatTime(time)} [${level}] ${logId(fields?.connection ?? 0)} `;
  if (!/[\r\n]/.test(message)) return `${front}${message}\n`;
  return message
    .split(/\r\n|\r|\n/)
    .map((line) => `${front}${line}\n`)
    .join('');
}

function formatJson({ time, level, message, fields }: LogRecord): string {
  const pid = logId(fields?.connection ?? 0);
  return `${JSON.stringify({ time: formatTime(time), level, msg: message, pid, ...fields })}\n`;
}

/** Local time with microseconds and the distance to UTC: `2026-11-23 06:12:10.123456+00:00`. */
export function formatTime(time: number): string {
  const date = new Date(time);
  const east = -date.getTimezoneOffset();
  const local = new Date(time + east * 60_000).toISOString();
  const micros = Math.floor((time - Math.floor(time)) * 1000);
  const away = Math.abs(east);
  const zone = `${east < 0 ? '-' : '+'}${pad(Math.floor(away / 60), 2)}:${pad(away % 60, 2)}`;
  return `${local.slice(0, 10)} ${local.slice(11, 23)}${pad(micros, 3)}${zone}`;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
