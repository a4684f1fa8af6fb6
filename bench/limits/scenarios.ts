/** The list of all scenarios, in the order in which they run. */
import { largeWithConsumer, largeWithoutConsumer } from './large-messages.ts';
import { remainsBesideQueue, remainsReady, remainsUnacked } from './remains.ts';
import { slowConsumers } from './slow-consumers.ts';
import type { Scenario } from './stage.ts';
import { unreadAutoAck, unreadManualAck } from './unread-deliveries.ts';

export const SCENARIOS: readonly Scenario[] = [
  unreadAutoAck,
  unreadManualAck,
  slowConsumers,
  largeWithConsumer,
  largeWithoutConsumer,
  remainsReady,
  remainsUnacked,
  remainsBesideQueue,
];
