/** The handlers of a service with one queue. They acknowledge by hand, as noAck is false. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Inject } from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RmqContext,
  RpcException,
} from '@nestjs/microservices';
import { from, type Observable } from 'rxjs';
import { Journal } from './journal.ts';

const SLOW_MS = 100;

/** Acknowledges the message that a handler was called for. */
export function ack(context: RmqContext): void {
  context.getChannelRef().ack(context.getMessage());
}

@Controller()
export class OrdersController {
  readonly #journal: Journal;

  constructor(@Inject(Journal) journal: Journal) {
    this.#journal = journal;
  }

  @MessagePattern('sum')
  sum(@Payload() numbers: number[], @Ctx() context: RmqContext): number {
    ack(context);
    return numbers.reduce((total, each) => total + each, 0);
  }

  /** Tells what the message looked like on its way. */
  @MessagePattern({ cmd: 'describe' })
  describe(@Payload() data: unknown, @Ctx() context: RmqContext): unknown {
    ack(context);
    const { headers, priority, replyTo } = context.getMessage().properties;
    return { data, headers, priority, replyTo };
  }

  @MessagePattern('countdown')
  countdown(@Payload() start: number, @Ctx() context: RmqContext): Observable<number> {
    ack(context);
    return from(Array.from({ length: start }, (_, index) => start - index));
  }

  @MessagePattern('refuse')
  refuse(@Payload() reason: string, @Ctx() context: RmqContext): never {
    ack(context);
    throw new RpcException({ code: 'REFUSED', reason });
  }

  @MessagePattern('slow')
  async slow(@Payload() number: number, @Ctx() context: RmqContext): Promise<number> {
    const journal = this.#journal;
    journal.inFlight++;
    journal.mostInFlight = Math.max(journal.mostInFlight, journal.inFlight);
    await sleep(SLOW_MS);
    journal.inFlight--;
    ack(context);
    return number;
  }

  @EventPattern('order.placed')
  placed(@Payload() data: unknown, @Ctx() context: RmqContext): void {
    this.#enter(data, context);
    ack(context);
  }

  /** Gives the message back the first time. */
  @EventPattern('order.difficult')
  difficult(@Payload() data: unknown, @Ctx() context: RmqContext): void {
    this.#enter(data, context);
    const message = context.getMessage();
    if (message.fields.redelivered) ack(context);
    else context.getChannelRef().nack(message, false, true);
  }

  #enter(data: unknown, context: RmqContext): void {
    const { redelivered } = context.getMessage().fields;
    this.#journal.entries.push({
      service: 'orders',
      pattern: context.getPattern(),
      data,
      redelivered,
    });
  }
}
