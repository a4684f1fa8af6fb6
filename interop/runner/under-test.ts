/**
 * The broker that a whole run is against: a running one by its URL, or one that is started here,
 * with the control port beside it, and ended after the run.
 */
import type { MakeBroker } from '../brokers/broker.ts';
import { LeveretBroker, leveretCommand } from '../brokers/leveret.ts';
import { makeRabbitmqReady, RabbitmqBroker } from '../brokers/rabbitmq.ts';
import { BrokerControl } from './control.ts';
import type { BrokerOptions } from './options.ts';

/** What applications need of a RabbitMQ that it has as plugins. */
const PLUGINS = ['rabbitmq_jms_topic_exchange'];

export interface UnderTest {
  /** INTEROP_URL and INTEROP_CONTROL, as programs expect them (see programs.ts). */
  readonly env: Readonly<Record<string, string>>;
  /** Where its log is, when it was started here. */
  readonly logFile: string | undefined;
}

/** Runs `work` with a broker, which is gone when this resolves if it was started here. */
export async function withBroker<T>(
  options: BrokerOptions,
  work: (broker: UnderTest) => Promise<T>,
): Promise<T> {
  if (options.url !== undefined) {
    return work({ env: environment(options.url, ''), logFile: undefined });
  }
  const make = await brokerMaker(options);
  const broker = await make();
  const control = new BrokerControl(make);
  try {
    await broker.start();
    await control.listen();
    return await work({ env: environment(broker.url, control.address), logFile: broker.logFile });
  } finally {
    await control.close();
    await broker.kill();
  }
}

function environment(url: string, control: string): Record<string, string> {
  return { INTEROP_URL: url, INTEROP_CONTROL: control };
}

async function brokerMaker({ rabbitmq, sources }: BrokerOptions): Promise<MakeBroker> {
  if (!rabbitmq) return () => LeveretBroker.create(leveretCommand(sources));
  await makeRabbitmqReady();
  return () => RabbitmqBroker.create({ plugins: PLUGINS });
}
