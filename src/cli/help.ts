/**
 * The text of `--help`: usage, examples, flags, environment, signals and exit codes. The flags come
 * from their table and the variables from theirs.
 */
import { ENVIRONMENT_VARIABLES } from '../config/env.ts';
import { FLAGS, type Flag } from './flags.ts';
import { STORE_FLAGS } from './store-flags.ts';

/** The whole help text, ended by a line feed. */
export function helpText(): string {
  return `leveret: an AMQP 0-9-1 broker that RabbitMQ's clients connect to unchanged

Usage
  leveret [start] [options]
  leveret store inspect|verify|export DIR [options of store]

Examples
  leveret                              amqp://guest:guest@localhost:5672, data in ./data
  leveret --ephemeral                  nothing is left of it when it stops
  leveret --port 5673                  beside a broker that has the usual port
  leveret --host 0.0.0.0 --user app:secret
                                       for other machines; guest may only log in from this one
  leveret --vhost / --vhost orders     two virtual hosts
  leveret --config rabbitmq.conf       with the configuration of a RabbitMQ

Options
${optionLines(FLAGS)}

Looking at a data folder that no broker is using; nothing in it is changed
  store inspect DIR                    what there is: definitions, messages, files
  store verify DIR                     read every record and say what is damaged
  store export DIR                     definitions and messages as lines of JSON
${optionLines(STORE_FLAGS)}

Where settings come from, the strongest first: options, environment, file, defaults.

Environment
${variableLines()}
                                       as RabbitMQ and its Docker image have them
  Passwords are better there or in the file: other users of the machine can see options.

Signals
  SIGINT, SIGTERM                      close every connection with 320 CONNECTION_FORCED, exit 0
  a second one                         exit at once, with 128 and the signal's number

Exit codes
  0  stopped as asked
  1  something failed that should not have
  2  bad option
  3  bad configuration file or environment
  4  cannot listen: the port is in use, or the address is not of this machine
  5  cannot use the data folder
  6  store verify found damage, or store export had to leave something out
`;
}

const COLUMN = 39;
const VARIABLES_A_LINE = 3;

function variableLines(): string {
  const lines: string[] = [];
  for (let at = 0; at < ENVIRONMENT_VARIABLES.length; at += VARIABLES_A_LINE) {
    lines.push(`  ${ENVIRONMENT_VARIABLES.slice(at, at + VARIABLES_A_LINE).join(', ')}`);
  }
  return lines.join(',\n');
}

function optionLines(flags: Readonly<Record<string, Flag>>): string {
  return Object.entries(flags)
    .filter(([name]) => flags === FLAGS || name !== 'help')
    .map(([name, flag]) => optionLine(name, flag))
    .join('\n');
}

function optionLine(name: string, { value, short, repeatable, about, initially }: Flag): string {
  const front = short === undefined ? `  --${name}` : `  -${short}, --${name}`;
  const usage = [front, value, repeatable ? '(repeatable)' : ''].filter(Boolean).join(' ');
  const text =
    initially === undefined ? about : `${about}\n${' '.repeat(COLUMN)}default: ${initially}`;
  return usage.length < COLUMN
    ? usage.padEnd(COLUMN) + text
    : `${usage}\n${' '.repeat(COLUMN)}${text}`;
}
