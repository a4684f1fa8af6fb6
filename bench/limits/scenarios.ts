/** The list of all scenarios, in the order in which they run. */
import type { Scenario } from './stage.ts';
import { unreadAutoAck, unreadManualAck } from './unread-deliveries.ts';

export const SCENARIOS: readonly Scenario[] = [unreadAutoAck, unreadManualAck];
