/** The list of all scenarios, in the order in which they run. */
import { alarm } from './alarm.ts';
import { largeWithConsumer, largeWithoutConsumer } from './large-messages.ts';
import { remainsBesideQueue, remainsReady, remainsUnacked } from './remains.ts';
import { slowConsumers } from './slow-consumers.ts';
import { slowWorkers } from './slow-workers.ts';
import type { Scenario } from './stage.ts';
import { unreadAutoAck, unreadManualAck } from './unread-deliveries.ts';
import { unreadGets, unreadLarge, unreadReturns } from './unread-replies.ts';

export const SCENARIOS: readonly Scenario[] = [
  unreadAutoAck,
  unreadManualAck,
  unreadReturns,
  unreadGets,
  unreadLarge,
  slowConsumers,
  slowWorkers,
  largeWithConsumer,
  largeWithoutConsumer,
  remainsReady,
  remainsUnacked,
  remainsBesideQueue,
  alarm,
];
