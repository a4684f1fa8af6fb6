/**
 * A broker for each suite, with nothing in it and with the vhosts and users that the suite's tests
 * log in to: Leveret as a new process each time, RabbitMQ as one node that is swept in between
 * (it takes long to start).
 */
import type { Broker } from '../../brokers/broker.ts';
import { LeveretBroker, leveretCommand } from '../../brokers/leveret.ts';
import { RabbitmqBroker } from '../../brokers/rabbitmq.ts';
import type { Suite } from './lists.ts';

export interface Stage {
  /** A broker as the suite wants it. */
  prepare(suite: Suite): Promise<Broker>;
  close(): Promise<void>;
}

const VHOSTS = ['/'];
const USERS = ['guest:guest'];

const START_TRIES = 3;
/** Bunny's tests leave some 30 MiB in queues; a publisher that is blocked would wait for ever. */
const MEMORY_LIMIT_MIB = 1_024;

/** Starts a broker. Its ports were free when it was made; others here may have taken one since. */
async function started<B extends Broker>(make: () => Promise<B>): Promise<B> {
  for (let tries = 1; ; tries++) {
    const broker = await make();
    try {
      await broker.start();
      return broker;
    } catch (error) {
      if (tries === START_TRIES) throw error;
    }
  }
}

export class LeveretStage implements Stage {
  #broker: LeveretBroker | undefined;

  async prepare({ vhosts = VHOSTS, users = USERS }: Suite): Promise<Broker> {
    await this.close();
    const command = [
      ...leveretCommand(false),
      ...vhosts.flatMap((vhost) => ['--vhost', vhost]),
      ...users.flatMap((user) => ['--user', user]),
    ];
    const options = { memoryLimitMib: MEMORY_LIMIT_MIB };
    this.#broker = await started(() => LeveretBroker.create(command, options));
    return this.#broker;
  }

  async close(): Promise<void> {
    await this.#broker?.kill();
    this.#broker = undefined;
  }
}

export class RabbitmqStage implements Stage {
  #broker: RabbitmqBroker | undefined;
  #vhosts: readonly string[] = VHOSTS;

  async prepare({ vhosts = VHOSTS, users = USERS }: Suite): Promise<Broker> {
    this.#broker ??= await started(() => RabbitmqBroker.create());
    const broker = this.#broker;
    await broker.control('eval', sweep(this.#vhosts, vhosts, users));
    this.#vhosts = vhosts;
    return broker;
  }

  async close(): Promise<void> {
    await this.#broker?.kill();
    this.#broker = undefined;
  }
}

/**
 * Erlang that removes vhosts with all that is in them and lays new ones, in one go: each call of
 * rabbitmqctl takes a second or two.
 */
function sweep(
  old: readonly string[],
  vhosts: readonly string[],
  users: readonly string[],
): string {
  const by = '<<"interop">>';
  const all = '<<".*">>';
  const steps = [
    ...old.map((vhost) => `rabbit_vhost:delete(${binary(vhost)}, ${by})`),
    ...vhosts.map((vhost) => `rabbit_vhost:add(${binary(vhost)}, ${by})`),
  ];
  for (const user of users) {
    const [name = '', password = ''] = user.split(':').map(binary);
    steps.push(
      `case rabbit_auth_backend_internal:exists(${name}) of true -> ok; ` +
        `false -> rabbit_auth_backend_internal:add_user(${name}, ${password}, ${by}) end`,
      `rabbit_auth_backend_internal:set_tags(${name}, [administrator], ${by})`,
      ...vhosts.map(
        (vhost) =>
          'rabbit_auth_backend_internal:set_permissions' +
          `(${name}, ${binary(vhost)}, ${all}, ${all}, ${all}, ${by})`,
      ),
    );
  }
  return `${[...steps, 'ok'].join(', ')}.`;
}

function binary(text: string): string {
  return `<<"${text}">>`;
}
