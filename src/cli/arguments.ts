/**
 * Command-line arguments to a command. `node:util` splits them; the meaning is in flags.ts. Pure:
 * prints nothing, reads no file.
 */
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/errors.ts';
import { type ConfigLayer, emptyLayer } from '../config/layers.ts';
import { EXIT, ExitError } from './exit.ts';
import { FLAGS, type Flag } from './flags.ts';

export interface StartCommand {
  readonly name: 'start';
  /** A rabbitmq.conf to read. */
  readonly configFile: string | undefined;
  /** What the flags say. */
  readonly flags: ConfigLayer;
}

export type Command = { readonly name: 'help' } | { readonly name: 'version' } | StartCommand;

/**
 * Reads the arguments after the program's name. Throws ExitError with the line for the person who
 * typed.
 */
export function parseArguments(argv: readonly string[]): Command {
  const { values, commands } = split(argv);
  const command = commands[0] ?? 'start';
  if (values.has('help') || command === 'help') return { name: 'help' };
  if (values.has('version') || command === 'version') return { name: 'version' };
  if (command !== 'start') throw usage(`unknown command '${command}'`);
  if (commands[1] !== undefined) throw usage(`'${commands[1]}' is one argument too many`);
  return { name: 'start', configFile: values.get('config')?.at(-1), flags: readFlags(values) };
}

function split(argv: readonly string[]): { values: Map<string, string[]>; commands: string[] } {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(FLAGS).map(([name, flag]) => [name, split1(flag)])),
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const commands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') commands.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(FLAGS, token.name) ? FLAGS[token.name] : undefined;
    if (flag === undefined) throw usage(`unknown option '${token.rawName}'`);
    const switched = flag.value === '';
    if (switched && token.value !== undefined) throw usage(`${token.rawName} takes no value`);
    if (!switched && !token.value) throw usage(`${token.rawName} needs a value: ${flag.value}`);
    const given = values.get(token.name) ?? [];
    if (given.length > 0 && flag.repeatable === undefined && !switched) {
      throw usage(`${token.rawName} is given twice`);
    }
    values.set(token.name, [...given, token.value ?? '']);
  }
  return { values, commands };
}

function split1(flag: Flag): { type: 'string' | 'boolean'; short?: string } {
  const type = flag.value === '' ? 'boolean' : 'string';
  return flag.short === undefined ? { type } : { type, short: flag.short };
}

function readFlags(values: ReadonlyMap<string, readonly string[]>): ConfigLayer {
  const layer = emptyLayer();
  try {
    for (const [name, given] of values) FLAGS[name]?.apply?.(layer, given, `--${name}`);
  } catch (error) {
    if (error instanceof ConfigError) throw usage(error.message);
    throw error;
  }
  return layer;
}

function usage(message: string): ExitError {
  return new ExitError(EXIT.usage, `${message} (leveret --help lists what there is)`);
}
