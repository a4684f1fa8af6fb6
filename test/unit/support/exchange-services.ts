// What exchanges of a unit test stand on: a clock that stands still, and chance that is fixed.
import type { ExchangeServices } from '../../../src/broker/exchange-type.ts';
import { Memory } from '../../../src/broker/memory.ts';
import { ManualClock } from '../../../src/lib/manual-clock.ts';

export function exchangeServices(own: Partial<ExchangeServices> = {}): ExchangeServices {
  return {
    clock: new ManualClock(),
    memory: new Memory(1e9, () => undefined),
    random: () => 0,
    deliver: () => undefined,
    ...own,
  };
}
