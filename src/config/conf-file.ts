/**
 * Reads the text of a rabbitmq.conf: one `key = value` a line, and nothing else. What the keys mean
 * is not known here (conf-keys.ts). The grammar is that of RabbitMQ's reader, compared with a real
 * one:
 *
 *   - `#` starts a comment wherever it stands, within a value too; `;` and quotes (") are text
 *   - a value in single quotes may hold a `#` (RabbitMQ since 3.13.7); there is no escape inside
 *   - keys are words of letters, digits, `-` and `_` joined by dots; `\.` is a dot inside a word
 *   - blanks around key and value do not count; a value is empty only in single quotes
 */
import { ConfigError } from './errors.ts';

/** One line that says something. `at` is `file:line`, for messages. */
export interface ConfEntry {
  readonly key: readonly string[];
  readonly value: string;
  readonly at: string;
}

const SETTING = /^[ \t]*((?:\\\.|[\w-])+(?:\.(?:\\\.|[\w-])+)*)[ \t]*=[ \t]*(.*)$/;
const QUOTED = /^'([^']*)'[ \t]*(?:#.*)?$/;

/**
 * Splits a file's text into entries. `file` names it in messages. Throws ConfigError on a line it
 * cannot read.
 */
export function parseConf(text: string, file: string): ConfEntry[] {
  const entries: ConfEntry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    const at = `${file}:${index + 1}`;
    const [, key, rest] = SETTING.exec(line) ?? [];
    if (key === undefined || rest === undefined) {
      throw new ConfigError(`${at}: expected 'key = value', got '${line.trim()}'`);
    }
    const quoted = QUOTED.exec(rest)?.[1];
    const value = quoted ?? rest.split('#', 1)[0]?.trimEnd() ?? '';
    if (value === '' && quoted === undefined) throw new ConfigError(`${at}: no value for '${key}'`);
    entries.push({ key: splitKey(key), value, at });
  }
  return entries;
}

function splitKey(key: string): string[] {
  return (key.match(/(?:\\\.|[^.])+/g) ?? []).map((word) => word.replaceAll('\\.', '.'));
}
