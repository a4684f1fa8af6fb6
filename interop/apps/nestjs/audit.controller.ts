/** The handlers of services behind an exchange: by wildcards, or all of a fanout. */
import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RmqContext } from '@nestjs/microservices';
import { Journal } from './journal.ts';
import { ack } from './orders.controller.ts';

/** What the controller is called in the journal. */
export const SERVICE_NAME = Symbol('the name of a service');

@Controller()
export class AuditController {
  readonly #journal: Journal;
  readonly #service: string;

  constructor(@Inject(Journal) journal: Journal, @Inject(SERVICE_NAME) service: string) {
    this.#journal = journal;
    this.#service = service;
  }

  @MessagePattern('price.*')
  price(@Payload() amount: number, @Ctx() context: RmqContext): string {
    ack(context);
    return `${amount} of ${context.getPattern()}`;
  }

  @EventPattern('stock.*.low')
  low(@Payload() data: unknown, @Ctx() context: RmqContext): void {
    this.#enter(data, context);
  }

  @EventPattern('audit.#')
  audit(@Payload() data: unknown, @Ctx() context: RmqContext): void {
    this.#enter(data, context);
  }

  @EventPattern('notice')
  notice(@Payload() data: unknown, @Ctx() context: RmqContext): void {
    this.#enter(data, context);
  }

  #enter(data: unknown, context: RmqContext): void {
    ack(context);
    const { redelivered } = context.getMessage().fields;
    const pattern = context.getPattern();
    this.#journal.entries.push({ service: this.#service, pattern, data, redelivered });
  }
}
