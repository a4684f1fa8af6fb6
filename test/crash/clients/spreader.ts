/**
 * Many queues of its own with little each, in turn: together too much to be copied from journal
 * file to journal file, so that packs are written, lose their queues one by one, and are written
 * anew.
 */

import type { Client, Stage } from '../stage.ts';
import { type Hoard, Hoarder } from './hoarder.ts';
import { Sender } from './sender.ts';

export class Spreader implements Client {
  readonly name: string;
  /** One for each queue. */
  readonly hoarders: readonly Hoarder[];

  constructor(name: string, queues: number, hoard: Hoard) {
    this.name = name;
    this.hoarders = Array.from({ length: queues }, (_, index) => {
      return new Hoarder(`${name}-${String(index).padStart(3, '0')}`, hoard);
    });
  }

  async work(stage: Stage): Promise<void> {
    const { life, ledger, link, random } = stage;
    const channel = await link.confirmChannel();
    const sender = new Sender(channel, this.name, ledger);
    while (life.goesOn) await random.pick(this.hoarders).turn(stage, channel, sender);
  }
}
