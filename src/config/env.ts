/**
 * The environment variables of RabbitMQ that count here: the ones that its Docker image and its
 * server read for the first user, the port and the data. Empty ones count as not set.
 */

import { shortText } from './kinds.ts';
import { type ConfigLayer, emptyLayer } from './layers.ts';
import { OPTIONS } from './option-table.ts';
import { wholeNumber } from './units.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const READERS: Readonly<Record<string, (layer: ConfigLayer, value: string, at: string) => void>> = {
  RABBITMQ_DEFAULT_USER: (layer, value, at) => {
    layer.defaultUser.name = shortText.read(value, at);
  },
  RABBITMQ_DEFAULT_PASS: (layer, value) => {
    layer.defaultUser.password = value;
  },
  RABBITMQ_DEFAULT_VHOST: (layer, value, at) => {
    layer.options.vhosts = OPTIONS.vhosts.kind.read(value, at);
  },
  RABBITMQ_NODE_PORT: (layer, value, at) => {
    layer.options.port = OPTIONS.port.kind.read(wholeNumber(value) ?? value, at);
  },
  RABBITMQ_MNESIA_DIR: (layer, value, at) => {
    layer.options.dataDir = OPTIONS.dataDir.kind.read(value, at);
  },
};

/** The variables that are read; `--help` and the documentation are held against it. */
export const ENVIRONMENT_VARIABLES: readonly string[] = Object.keys(READERS);

/** Reads the layer that the environment gives. Throws ConfigError that names the variable. */
export function readEnvironment(environment: Environment): ConfigLayer {
  const layer = emptyLayer();
  for (const [name, read] of Object.entries(READERS)) {
    const value = environment[name];
    if (value !== undefined && value !== '') read(layer, value, name);
  }
  return layer;
}
