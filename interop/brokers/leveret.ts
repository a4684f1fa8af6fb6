/**
 * Leveret as a process on a free port, which can be killed with SIGKILL and started again on the
 * same port. Output goes to a log file under .cache/.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Peer } from '../../test/support/peer.ts';
import { type Broker, freePort, HOST, waitForPort } from './broker.ts';
import { LoggedProcess } from './logged-process.ts';
import { runFolder } from './run-folder.ts';

const START_LIMIT_MS = 15_000;
const PUBLISH_PAUSE_MS = 2;
/** Little enough for `block` to be quick, and more than any scenario keeps at a time. */
const MEMORY_LIMIT_MIB = 32;

export interface LeveretOptions {
  readonly memoryLimitMib?: number;
}

const ALARM_QUEUE = 'interop.alarm';

/** How the broker is started; its configuration and `--port N` are put behind it. */
export function leveretCommand(sources: boolean): string[] {
  return sources
    ? ['node', '--import', 'tsx', 'src/cli/main.ts', 'start']
    : ['node', 'dist/src/cli/main.js', 'start'];
}

export class LeveretBroker implements Broker {
  readonly url: string;
  readonly port: number;
  readonly logFile: string;
  readonly #command: readonly string[];
  readonly #memoryLimitMib: number;
  #process: LoggedProcess | undefined;
  #holder: Peer | undefined;

  private constructor(command: readonly string[], port: number, options: LeveretOptions) {
    this.#command = command;
    this.#memoryLimitMib = options.memoryLimitMib ?? MEMORY_LIMIT_MIB;
    this.port = port;
    this.url = `amqp://guest:guest@${HOST}:${port}`;
    this.logFile = `${runFolder()}/leveret-${port}.log`;
  }

  static async create(
    command: readonly string[],
    options: LeveretOptions = {},
  ): Promise<LeveretBroker> {
    return new LeveretBroker(command, await freePort(), options);
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error('the broker is running already');
    const config = `${runFolder()}/leveret-${this.port}.conf`;
    writeFileSync(config, `vm_memory_high_watermark.absolute = ${this.#memoryLimitMib}MiB\n`);
    const data = `${runFolder()}/leveret-${this.port}.data`;
    const at = ['--config', config, '--data-dir', data, '--host', HOST];
    const options = [...at, '--port', String(this.port)];
    const process = new LoggedProcess([...this.#command, ...options], this.logFile);
    this.#process = process;
    try {
      await waitForPort(this.port, START_LIMIT_MS, () => process.ended);
    } catch (error) {
      await this.kill();
      const why = (error as Error).message;
      throw new Error(`the broker does not start: ${why}; see ${this.logFile}`);
    }
  }

  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.kill();
  }

  /**
   * Fills memory until the alarm goes up: with messages that a consumer holds, since others would
   * go to the disk. The consumer stays until `unblock`.
   */
  async block(): Promise<void> {
    const holder = await this.#peer();
    await holder.call(1, 'queue.declare', { queue: ALARM_QUEUE });
    await holder.call(1, 'basic.consume', { queue: ALARM_QUEUE });
    this.#holder = holder;
    const peer = await this.#peer();
    const mebibyte = Buffer.alloc(2 ** 20);
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    const blocked = peer.expect(0, 'connection.blocked');
    blocked.then(end, end);
    // Nobody can say how many it takes: while the consumer is slow, some go to the disk first. And
    // a publisher is told with its first message after the alarm went up.
    while (!isOver) {
      peer.publish(1, { routingKey: ALARM_QUEUE }, {}, mebibyte);
      await setTimeout(PUBLISH_PAUSE_MS);
    }
    await blocked;
    // Gone with what it could not send: nothing is to come in when the alarm is over.
    peer.drop();
  }

  async unblock(): Promise<void> {
    this.#holder?.drop();
    this.#holder = undefined;
    const peer = await this.#peer();
    await peer.call(1, 'queue.delete', { queue: ALARM_QUEUE });
    await peer.close();
  }

  async #peer(): Promise<Peer> {
    const socket = connect({ host: HOST, port: this.port });
    await once(socket, 'connect');
    const peer = await Peer.connect(socket);
    await peer.open(1);
    return peer;
  }
}
