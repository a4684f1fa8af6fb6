/**
 * The table of flags: what `parseArguments` accepts and `--help` prints. Values go through the
 * kinds of the options table, so that a flag, a key of rabbitmq.conf and an embedding program meet
 * the same limits.
 */
import { ConfigError } from '../config/errors.ts';
import type { ConfigLayer } from '../config/layers.ts';
import { OPTIONS } from '../config/option-table.ts';
import { wholeNumber } from '../config/units.ts';
import { EXIT, ExitError } from './exit.ts';

export interface Flag {
  /** Name of the value in the help; empty for a switch. */
  readonly value: string;
  readonly short?: string;
  readonly repeatable?: true;
  readonly about: string;
  /** Default, in words. */
  readonly initially?: string;
  /** Puts the values into the layer. `at` names the flag in messages. */
  apply?(layer: ConfigLayer, values: readonly string[], at: string): void;
}

export const FLAGS: Readonly<Record<string, Flag>> = {
  port: {
    value: 'PORT',
    short: 'p',
    about: 'TCP port; 0 lets the system choose a free one',
    initially: OPTIONS.port.initially,
    apply(layer, values, at) {
      const value = last(values);
      layer.options.port = OPTIONS.port.kind.read(wholeNumber(value) ?? value, at);
    },
  },
  host: {
    value: 'ADDRESS',
    repeatable: true,
    about: 'address to listen on; 0.0.0.0 or :: for all',
    initially: OPTIONS.host.initially,
    apply(layer, values, at) {
      layer.options.host = OPTIONS.host.kind.read(values, at);
    },
  },
  user: {
    value: 'NAME:PASSWORD',
    repeatable: true,
    about: 'who may log in, as administrator, in place of guest',
    initially: 'guest:guest, from this machine only',
    apply(layer, values, at) {
      layer.options.users = OPTIONS.users.kind.read(values.map(readUser(at)), at);
    },
  },
  vhost: {
    value: 'NAME',
    repeatable: true,
    about: 'virtual host to create, in place of /',
    initially: OPTIONS.vhosts.initially,
    apply(layer, values, at) {
      layer.options.vhosts = OPTIONS.vhosts.kind.read(values, at);
    },
  },
  config: { value: 'FILE', about: 'a rabbitmq.conf to read' },
  'data-dir': {
    value: 'DIR',
    about: 'folder of the durable storage; made if it is not there',
    initially: 'data',
    apply(layer, values, at) {
      keepIn(layer, OPTIONS.dataDir.kind.read(last(values), at), at);
    },
  },
  ephemeral: {
    value: '',
    about: 'keep everything in memory, gone when the broker stops',
    apply(layer, _values, at) {
      keepIn(layer, null, at);
    },
  },
  durability: {
    value: 'WHEN',
    about: 'confirmed once the disk (fsync) or the system (os) has it',
    initially: OPTIONS.durability.initially,
    apply(layer, values, at) {
      layer.options.durability = OPTIONS.durability.kind.read(last(values), at);
    },
  },
  compatibility: {
    value: 'VERSIONS',
    about: 'the RabbitMQ to behave like: 3.13 or 4.x',
    initially: OPTIONS.compatibility.initially,
    apply(layer, values, at) {
      layer.options.compatibility = OPTIONS.compatibility.kind.read(last(values), at);
    },
  },
  definitions: {
    value: 'FILE',
    about: 'definitions to load, as RabbitMQ exports them',
    apply(layer, values, at) {
      layer.options.definitions = OPTIONS.definitions.kind.read(last(values), at);
    },
  },
  'log-level': {
    value: 'LEVEL',
    about: OPTIONS.logLevel.kind.expects,
    initially: 'info',
    apply(layer, values, at) {
      layer.options.logLevel = OPTIONS.logLevel.kind.read(last(values), at);
    },
  },
  'log-format': {
    value: 'FORMAT',
    about: OPTIONS.logFormat.kind.expects,
    initially: OPTIONS.logFormat.initially,
    apply(layer, values, at) {
      layer.options.logFormat = OPTIONS.logFormat.kind.read(last(values), at);
    },
  },
  version: { value: '', short: 'V', about: 'print the version' },
  help: { value: '', short: 'h', about: 'print this text' },
};

function last(values: readonly string[]): string {
  return values.at(-1) ?? '';
}

function keepIn(layer: ConfigLayer, dataDir: string | null, at: string): void {
  const { dataDir: said } = layer.options;
  if (said !== undefined && (said === null) !== (dataDir === null)) {
    throw new ConfigError(`${at}: --data-dir keeps data and --ephemeral keeps none: give one`);
  }
  layer.options.dataDir = dataDir;
}

function readUser(at: string): (text: string) => { name: string; password: string } {
  return (text) => {
    const colon = text.indexOf(':');
    if (colon < 1 || colon === text.length - 1) {
      // The text may be a password: it is not repeated in the message.
      throw new ExitError(EXIT.usage, `${at}: expected NAME:PASSWORD`);
    }
    return { name: text.slice(0, colon), password: text.slice(colon + 1) };
  };
}
