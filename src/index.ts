/** The public API of the package: a real broker inside a Node.js process. */
export type { BrokerEvents } from './broker/events.ts';
export { ConfigError } from './config/errors.ts';
export type {
  BrokerOptions,
  ListenerConfig,
  PermissionConfig,
  UserConfig,
} from './config/options.ts';
export type { Log, LogFields } from './lib/log.ts';
export { type Broker, type BrokerHooks, startBroker } from './server.ts';
