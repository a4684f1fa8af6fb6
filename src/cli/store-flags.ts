/** The flags of `leveret store`: what each of its commands takes. */
import type { Flag } from './flags.ts';

export const STORE_COMMANDS = ['inspect', 'verify', 'export'] as const;

export type StoreAction = (typeof STORE_COMMANDS)[number];

export interface StoreFlag extends Flag {
  readonly of: readonly StoreAction[];
}

export const STORE_FLAGS: Readonly<Record<string, StoreFlag>> = {
  json: { value: '', of: ['inspect'], about: 'one JSON object in place of text' },
  output: { value: 'FILE', of: ['export'], about: 'a new file to write to, in place of stdout' },
  queue: { value: 'NAME', of: ['export'], about: 'messages of queues of this name only' },
  vhost: { value: 'NAME', of: ['export'], about: 'messages of this virtual host only' },
  force: { value: '', of: STORE_COMMANDS, about: 'look at it though a broker is using it' },
  help: { value: '', short: 'h', of: STORE_COMMANDS, about: 'print the help' },
};
