/** Starts services and clients of one run, and ends them with all that they declared. */
import { type DynamicModule, type INestMicroservice, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  type MicroserviceOptions,
  type RmqOptions,
  Transport,
} from '@nestjs/microservices';
import { connect } from 'amqplib';
import { AuditController, SERVICE_NAME } from './audit.controller.ts';
import { Journal } from './journal.ts';
import { OrdersController } from './orders.controller.ts';

type Options = NonNullable<RmqOptions['options']>;

@Module({})
class ServiceModule {
  static register(kind: 'orders' | 'audit', service: string, journal: Journal): DynamicModule {
    return {
      module: ServiceModule,
      controllers: [kind === 'orders' ? OrdersController : AuditController],
      providers: [
        { provide: Journal, useValue: journal },
        { provide: SERVICE_NAME, useValue: service },
      ],
    };
  }
}

export class Services {
  readonly journal = new Journal();
  readonly #url: string;
  readonly #run: string;
  readonly #started: { close(): unknown }[] = [];
  readonly #names = new Set<string>();

  constructor(url: string, run: string) {
    this.#url = url;
    this.#run = run;
    // What services say of lost connections is what the checks ask for.
    Logger.overrideLogger(['fatal']);
  }

  /** A queue's or an exchange's name that is this run's own. */
  name(short: string): string {
    const name = `${this.#run}.${short}`;
    this.#names.add(name);
    return name;
  }

  async service(
    kind: 'orders' | 'audit',
    service: string,
    options: Options,
  ): Promise<INestMicroservice> {
    const module = ServiceModule.register(kind, service, this.journal);
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, {
      transport: Transport.RMQ,
      options: { ...this.#common(), noAck: false, ...options },
      logger: ['fatal'],
    });
    this.#started.push(app);
    await app.listen();
    return app;
  }

  client(options: Options): ClientProxy {
    const client = ClientProxyFactory.create({
      transport: Transport.RMQ,
      options: { ...this.#common(), ...options },
    });
    this.#started.push(client);
    return client;
  }

  /** Ends all; the number of messages that were left in the queues. */
  async close(): Promise<number> {
    for (const each of this.#started.reverse()) await each.close();
    const connection = await connect(this.#url);
    const channel = await connection.createChannel();
    let left = 0;
    for (const name of this.#names) {
      left += (await channel.deleteQueue(name)).messageCount;
      await channel.deleteExchange(name);
    }
    await connection.close();
    return left;
  }

  #common(): Options {
    return {
      urls: [this.#url],
      socketOptions: { reconnectTimeInSeconds: 1 },
    };
  }
}
