/** The public API of the package: a real broker inside a Node.js process. */
export type { AlarmEvent, BrokerEvents } from './broker/events.ts';
export { type ApplyTo, type PolicyDefinition, PolicyError } from './broker/policies/policy.ts';
export { ConfigError } from './config/errors.ts';
export type {
  BrokerOptions,
  DiskFreeLimit,
  ListenerConfig,
  MemoryLimit,
  PermissionConfig,
  UserConfig,
} from './config/options.ts';
export { DefinitionsError } from './definitions/format.ts';
export type { Log, LogFields } from './lib/log.ts';
export { ManualClock } from './lib/manual-clock.ts';
export type { SteeredClock } from './lib/steered-clock.ts';
export { type Broker, type BrokerHooks, DataFolderError } from './server.ts';
export { startBroker } from './start-broker.ts';
