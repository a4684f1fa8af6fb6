/**
 * Debian's RabbitMQ as a node of the suite's own: on loopback, on free ports, with its data, its
 * cookie and its port mapper (epmd) under .cache/, so that it meets no other node and leaves
 * nothing running.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { run } from '../runner/processes.ts';
import { type Broker, freePort, HOST, waitForPort, waitForSilence } from './broker.ts';
import { LoggedProcess } from './logged-process.ts';
import { runFolder } from './run-folder.ts';

const BIN = '/usr/lib/rabbitmq/bin';
const SETUP_LIMIT_MS = 600_000;
const START_LIMIT_MS = 60_000;
const CONTROL_LIMIT_MS = 60_000;
const EPMD_LIMIT_MS = 10_000;
const END_LIMIT_MS = 10_000;
/** As the package sets it; `unblock` goes back to it. */
const WATERMARK = '0.4';

export interface RabbitmqOptions {
  /** Further lines of rabbitmq.conf. */
  readonly configuration?: readonly string[];
  /** Names of plugins that are enabled. */
  readonly plugins?: readonly string[];
  /** Loaded at every start, in RabbitMQ's export format; guest is there only if it names it. */
  readonly definitions?: object;
}

/** Installs RabbitMQ where it is missing. Throws an Error when it cannot be had. */
export async function makeRabbitmqReady(): Promise<void> {
  const command = ['sh', 'interop/brokers/rabbitmq-setup.sh'];
  const { code, errors } = await run({ command, limitMs: SETUP_LIMIT_MS });
  if (code !== 0) throw new Error(errors.at(-1) ?? `rabbitmq-setup.sh: exit code ${code}`);
}

export class RabbitmqBroker implements Broker {
  readonly url: string;
  readonly port: number;
  readonly logFile: string;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #epmdPort: number;
  #epmd: LoggedProcess | undefined;
  #node: LoggedProcess | undefined;

  private constructor(ports: { amqp: number; distribution: number; epmd: number }) {
    this.port = ports.amqp;
    this.url = `amqp://guest:guest@${HOST}:${ports.amqp}`;
    this.#epmdPort = ports.epmd;
    this.#folder = `${runFolder()}/rabbitmq-${ports.amqp}`;
    this.logFile = `${this.#folder}.log`;
    this.#env = environment(this.#folder, ports);
  }

  static async create(options: RabbitmqOptions = {}): Promise<RabbitmqBroker> {
    const [amqp, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
    const broker = new RabbitmqBroker({ amqp, distribution, epmd });
    mkdirSync(broker.#folder, { recursive: true });
    const plugins = (options.plugins ?? []).join(', ');
    writeFileSync(`${broker.#folder}/plugins`, `[${plugins}].\n`);
    const lines = [...(options.configuration ?? [])];
    if (options.definitions !== undefined) {
      const file = `${broker.#folder}/definitions.json`;
      writeFileSync(file, JSON.stringify(options.definitions));
      lines.push(`load_definitions = ${file}`);
    }
    writeFileSync(`${broker.#folder}/rabbitmq.conf`, configuration(amqp, lines));
    const cookie = createHash('sha256').update(broker.#folder).digest('hex').slice(0, 20);
    writeFileSync(`${broker.#folder}/.erlang.cookie`, cookie, { mode: 0o400 });
    return broker;
  }

  async start(): Promise<void> {
    if (this.#node !== undefined) throw new Error('the broker is running already');
    const epmd = ['epmd', '-address', HOST, '-port', String(this.#epmdPort)];
    const mapper = new LoggedProcess(epmd, this.logFile);
    this.#epmd = mapper;
    try {
      await waitForPort(this.#epmdPort, EPMD_LIMIT_MS, () => mapper.ended);
      const node = new LoggedProcess([`${BIN}/rabbitmq-server`], this.logFile, this.#env);
      this.#node = node;
      await node.waitForLine('Server startup complete', START_LIMIT_MS);
    } catch (error) {
      await this.kill();
      const why = (error as Error).message;
      throw new Error(`RabbitMQ does not start: ${why}; see ${this.logFile}`);
    }
  }

  async kill(): Promise<void> {
    await this.#node?.kill();
    await this.#epmd?.kill();
    this.#node = undefined;
    this.#epmd = undefined;
    // What was started is a script; the node itself is a child of it, and may die later.
    await waitForSilence(this.port, END_LIMIT_MS);
    await waitForSilence(this.#epmdPort, END_LIMIT_MS);
  }

  async block(): Promise<void> {
    await this.control('set_vm_memory_high_watermark', '0.00001');
  }

  async unblock(): Promise<void> {
    await this.control('set_vm_memory_high_watermark', WATERMARK);
  }

  /** Runs rabbitmqctl; what it prints. Throws an Error when it fails. */
  async control(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(`${BIN}/rabbitmqctl`, ['--quiet', ...args], {
      env: { ...process.env, ...this.#env },
      timeout: CONTROL_LIMIT_MS,
    });
    return stdout;
  }
}

function environment(
  folder: string,
  ports: { amqp: number; distribution: number; epmd: number },
): Record<string, string> {
  return {
    HOME: folder,
    RABBITMQ_NODENAME: `parity${ports.amqp}@localhost`,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_CONF_ENV_FILE: `${folder}/no-environment-file`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: `${folder}/pid`,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: HOST,
    ERL_CRASH_DUMP: `${folder}/erl_crash.dump`,
    // The distribution listens on loopback too; schedulers that are idle do not spin.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none',
  };
}

function configuration(port: number, more: readonly string[]): string {
  const lines = [
    `listeners.tcp.1 = ${HOST}:${port}`,
    `vm_memory_high_watermark.relative = ${WATERMARK}`,
    'disk_free_limit.absolute = 50MB',
    'log.console = true',
    'log.console.level = info',
    ...more,
  ];
  return `${lines.join('\n')}\n`;
}
