/**
 * Command-line arguments to a command. `node:util` splits them; the meaning is in flags.ts. Pure:
 * prints nothing, reads no file.
 */
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/errors.ts';
import { type ConfigLayer, emptyLayer } from '../config/layers.ts';
import { EXIT, ExitError } from './exit.ts';
import { FLAGS, type Flag } from './flags.ts';
import { STORE_COMMANDS, STORE_FLAGS, type StoreAction } from './store-flags.ts';

export interface StartCommand {
  readonly name: 'start';
  /** A rabbitmq.conf to read. */
  readonly configFile: string | undefined;
  /** What the flags say. */
  readonly flags: ConfigLayer;
}

export interface StoreCommand {
  readonly name: 'store';
  readonly action: StoreAction;
  readonly folder: string;
  readonly json: boolean;
  readonly force: boolean;
  readonly output: string | undefined;
  readonly queue: string | undefined;
  readonly vhost: string | undefined;
}

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | StartCommand
  | StoreCommand;

/**
 * Reads the arguments after the program's name. Throws ExitError with the line for the person who
 * typed.
 */
export function parseArguments(argv: readonly string[]): Command {
  if (argv[0] === 'store') return parseStore(argv.slice(1));
  const { values, commands } = split(argv, FLAGS);
  const command = commands[0] ?? 'start';
  if (values.has('help') || command === 'help') return { name: 'help' };
  if (values.has('version') || command === 'version') return { name: 'version' };
  if (command !== 'start') throw usage(`unknown command '${command}'`);
  if (commands[1] !== undefined) throw usage(`'${commands[1]}' is one argument too many`);
  return { name: 'start', configFile: values.get('config')?.at(-1), flags: readFlags(values) };
}

/** What follows `store`. */
function parseStore(argv: readonly string[]): Command {
  const { values, commands } = split(argv, STORE_FLAGS);
  if (values.has('help')) return { name: 'help' };
  const [name, folder, more] = commands;
  const action = STORE_COMMANDS.find((each) => each === name);
  const all = STORE_COMMANDS.join(', ');
  if (name === undefined) throw usage(`store needs a command: ${all}`);
  if (action === undefined) throw usage(`unknown command 'store ${name}': there are ${all}`);
  if (folder === undefined) throw usage(`store ${action} needs a data folder`);
  if (more !== undefined) throw usage(`'${more}' is one argument too many`);
  for (const flag of values.keys()) {
    if (!STORE_FLAGS[flag]?.of.includes(action)) throw usage(`store ${action} takes no --${flag}`);
  }
  return {
    name: 'store',
    action,
    folder,
    json: values.has('json'),
    force: values.has('force'),
    output: values.get('output')?.at(-1),
    queue: values.get('queue')?.at(-1),
    vhost: values.get('vhost')?.at(-1),
  };
}

function split(
  argv: readonly string[],
  flags: Readonly<Record<string, Flag>>,
): { values: Map<string, string[]>; commands: string[] } {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, split1(flag)])),
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const commands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') commands.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
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
