/**
 * A channel: the state that methods on one channel number share.
 *
 * Responsible for consumers, outstanding deliveries, prefetch, modes (confirm, transaction) and for
 * giving everything back at its end. Not responsible for what a single method does (handlers/),
 * publishing (publisher.ts) or what an error closes (close.ts).
 */
import { BASIC_ACK, BASIC_NACK, CONFIRM_FRAME_BYTES, writeConfirm } from '../../protocol/hot.ts';
import type { Method } from '../../protocol/spec.ts';
import { errors } from '../broker/errors.ts';
import type { Party } from '../broker/firehose.ts';
import type { QueueEntry } from '../broker/message.ts';
import type { Outcome, Queue } from '../broker/queue.ts';
import type { VirtualHost } from '../broker/vhost.ts';
import type { Closing } from './close.ts';
import { Confirms } from './confirms.ts';
import type { Connection } from './connection.ts';
import type { ChannelConsumer } from './consumer.ts';
import { ChannelPublisher } from './publisher.ts';
import { ReplyConsumer } from './reply-consumer.ts';
import { tellConsumer } from './telling.ts';
import type { Transaction } from './transaction.ts';
import { type Unacked, UnackedDeliveries } from './unacked.ts';

export class Channel {
  readonly connection: Connection;
  readonly number: number;
  readonly vhost: VirtualHost;
  readonly unacked = new UnackedDeliveries();
  readonly consumers = new Map<string, ChannelConsumer>();
  readonly publisher: ChannelPublisher;
  readonly replies: ReplyConsumer;
  lastDeliveryTag = 0;
  /** Deliveries to consumers that are not settled, for the channel-wide prefetch. */
  outstanding = 0;
  /** For consumers to come (basic.qos, global=false); 0 for any number. */
  consumerPrefetch = 0;
  /** Shared by all consumers of the channel (global=true); 0 for any number. */
  channelPrefetch = 0;
  confirms: Confirms | null = null;
  transaction: Transaction | null = null;
  /** Name of the queue declared last on this channel, for empty queue names (A3.2). */
  lastQueue: string | null = null;
  /** A close was sent: everything but its answer is dropped (spec 1.5.2.5). */
  closing = false;
  /** It is on its connection's list of those with something to do at the end of the turn. */
  isWorkDue = false;
  #ended = false;
  /** An answer waits until what it says is durable. */
  #isAnswerDue = false;
  /** Tags of consumers whose queue went, to be told once the method under way has been answered. */
  readonly #cancelled: string[] = [];
  /** Consumers that wait until the channel-wide prefetch has room. */
  readonly #waiting = new Set<ChannelConsumer>();

  constructor(connection: Connection, number: number, vhost: VirtualHost) {
    this.connection = connection;
    this.number = number;
    this.vhost = vhost;
    this.publisher = new ChannelPublisher(this);
    this.replies = new ReplyConsumer(this);
  }

  /** Who this channel is, for the firehose. */
  get party(): Party {
    const { name, user } = this.connection;
    return { connection: name, channel: this.number, user: user.name };
  }

  get hasGlobalCredit(): boolean {
    return this.channelPrefetch === 0 || this.outstanding < this.channelPrefetch;
  }

  send(method: Method): void {
    this.connection.send(this.number, method);
  }

  /**
   * Sends an answer that says that something durable was done: once it is. Until then nothing else
   * that the client has sent is handled.
   */
  answerWhenDurable(answer: Method): void {
    const { metadata } = this.connection.host.broker.store;
    if (!metadata.isPending) {
      this.send(answer);
      return;
    }
    this.#isAnswerDue = true;
    this.waitFor(
      (done) => metadata.whenDurable(done),
      () => {
        this.#isAnswerDue = false;
        this.send(answer);
        if (this.#cancelled.length !== 0) this.connection.workDue(this);
      },
    );
  }

  /**
   * Goes on with `work` once `begin` calls back, if the channel is open then. Until then nothing
   * else that the client has sent is handled. What `work` throws is an error of method `methodId`.
   */
  waitFor(begin: (done: () => void) => void, work: () => void, methodId = 0): void {
    const { connection } = this;
    connection.waitFor(begin, () => {
      if (this.closing || this.#ended) return;
      try {
        work();
      } catch (error) {
        connection.fail(error, methodId, this);
      }
    });
  }

  /** Ends with a reply of our own; the number is free once the client has answered. */
  closeWith({ replyCode, replyText, classId, methodId }: Closing): void {
    this.finishTurn();
    this.closing = true;
    this.end();
    this.send({ name: 'channel.close', replyCode, replyText, classId, methodId });
  }

  /** Turns publisher confirms on; a second time changes nothing (spec of confirm.select). */
  selectConfirms(): void {
    this.confirms ??= new Confirms(
      (sequence, multiple, positive) => {
        // Queues may answer after the channel is gone.
        if (this.closing || this.#ended) return;
        const { output } = this.connection;
        const at = output.reserve(CONFIRM_FRAME_BYTES);
        const id = positive ? BASIC_ACK : BASIC_NACK;
        writeConfirm(output.slab.view, at, this.number, id, sequence, multiple);
      },
      () => this.connection.workDue(this),
    );
  }

  /** Tells a parked consumer's channel that it waits for the channel-wide prefetch. */
  waitForCredit(consumer: ChannelConsumer): void {
    this.#waiting.add(consumer);
  }

  /**
   * The channel-wide prefetch changed or has room again: all that waited for it take part again
   * before anything is handed out, so that the first does not take what is for all (A7.3). Queues
   * that got room go behind those that did not, so that the next room is another's.
   */
  wakeWaiting(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const queues = new Set<Queue>();
    for (const consumer of waiting) if (consumer.rejoin()) queues.add(consumer.queue);
    const served = new Set<Queue>();
    for (const queue of queues) {
      const before = this.lastDeliveryTag;
      queue.dispatch();
      if (this.lastDeliveryTag !== before) served.add(queue);
    }
    if (queues.size > 1) this.#putBehind(served);
  }

  /**
   * Settles what the client names (spec 1.8.3.13; A7.6): `tag` 0 with `multiple` means all.
   * @throws BrokerError precondition-failed for a tag that is not outstanding
   */
  settle(tag: number | bigint, multiple: boolean, outcome: Outcome): void {
    if (!multiple) {
      const delivery = this.unacked.take(Number(tag));
      if (delivery === null) throw errors.unknownDeliveryTag(tag);
      if (this.transaction !== null) this.transaction.settle([delivery], outcome);
      else if (outcome === 'acknowledged') this.#acknowledge(delivery);
      else this.apply([delivery], outcome);
      return;
    }
    const deliveries = tag === 0 ? this.unacked.takeAll() : this.unacked.takeThrough(Number(tag));
    if (deliveries === null) throw errors.unknownDeliveryTag(tag);
    if (this.transaction === null) this.apply(deliveries, outcome);
    else this.transaction.settle(deliveries, outcome);
  }

  /**
   * Gives deliveries this outcome in their queues. What their consumers held is taken off first, so
   * that one that was full may get what returns, as in RabbitMQ.
   */
  apply(deliveries: readonly Unacked[], outcome: Outcome): void {
    const freed = new Set<ChannelConsumer>();
    for (const { consumer } of deliveries) {
      if (consumer === null) continue;
      consumer.settled();
      freed.add(consumer);
    }
    if (outcome === 'acknowledged') {
      for (const { queue, entry } of deliveries) queue.acknowledge(entry);
      // As in RabbitMQ, which settles consumer by consumer: each takes what it has room for.
      for (const consumer of freed) this.#wake(consumer);
    } else {
      for (const consumer of freed) if (!this.#waiting.has(consumer)) consumer.rejoin();
      settleByQueue(deliveries, outcome);
      for (const { queue } of freed) queue.dispatch();
    }
    this.wakeWaiting();
  }

  /**
   * The name under which direct replies reach this channel. @throws BrokerError without a reply
   * consumer
   */
  replyAddress(): string {
    return this.replies.address();
  }

  addConsumer(consumer: ChannelConsumer): void {
    consumer.queue.consume(consumer);
    this.consumers.set(consumer.tag, consumer);
    tellConsumer('consumer.created', this.connection, this.number, consumer);
  }

  /** Takes a consumer off its queue, which may delete the queue (auto-delete). */
  removeConsumer(consumer: ChannelConsumer): void {
    this.consumers.delete(consumer.tag);
    this.#waiting.delete(consumer);
    consumer.queue.cancel(consumer);
    tellConsumer('consumer.deleted', this.connection, this.number, consumer);
  }

  /** A queue dropped one of this channel's consumers; clients that want to know are told (A7.5). */
  consumerCancelled(consumer: ChannelConsumer): void {
    if (!this.consumers.delete(consumer.tag)) return;
    tellConsumer('consumer.deleted', this.connection, this.number, consumer);
    if (this.closing || !this.connection.hasCapability('consumer_cancel_notify')) return;
    this.#cancelled.push(consumer.tag);
    this.connection.workDue(this);
  }

  /**
   * A delivery was not acknowledged in time. The channel is closed; in a profile that times quorum
   * queues alone, a client that wants to know loses only the consumer (A9.4). Either way what is
   * outstanding returns.
   */
  ackTimedOut({ consumer }: Unacked, timeoutMs: number): void {
    const { connection } = this;
    const isMild = connection.host.broker.profile.timesQuorumOnly;
    if (!isMild || consumer === null || !connection.hasCapability('consumer_cancel_notify')) {
      connection.fail(errors.ackTimeout(this.number, timeoutMs), 0, this);
      return;
    }
    this.removeConsumer(consumer);
    this.#cancelled.push(consumer.tag);
    connection.workDue(this);
    const own = [...this.unacked].filter((each) => each.consumer === consumer);
    for (const { tag } of own) this.unacked.take(tag);
    this.apply(own, 'requeued');
  }

  /**
   * Writes what had to wait for the end of the turn: confirms, and word of consumers that are gone.
   */
  finishTurn(): void {
    this.isWorkDue = false;
    if (this.closing || this.#ended) return;
    this.confirms?.flush();
    if (this.#isAnswerDue || this.#cancelled.length === 0) return;
    for (const consumerTag of this.#cancelled.splice(0)) {
      this.send({ name: 'basic.cancel', consumerTag, nowait: true });
    }
  }

  /**
   * Gives everything back: consumers are taken off, what is outstanding returns to its queues
   * (A7.9).
   */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.publisher.abort();
    this.replies.cancel();
    // Consumers first: what returns must not be handed to this channel again.
    for (const consumer of [...this.consumers.values()]) this.removeConsumer(consumer);
    // A commit that waits for the disk is done, whether the client hears of it or not.
    if (this.transaction?.isRecorded) this.transaction.applySettlements(this);
    const settledInTransaction = this.transaction?.takeSettled() ?? [];
    this.transaction?.dropPublishes();
    this.transaction = null;
    this.apply([...this.unacked.takeAll(), ...settledInTransaction], 'requeued');
  }

  #acknowledge({ queue, entry, consumer }: Unacked): void {
    queue.acknowledge(entry);
    if (consumer === null) return;
    consumer.settled();
    this.#wake(consumer);
    this.wakeWaiting();
  }

  /** Lets a consumer go on that waited for room of its own prefetch. */
  #wake(consumer: ChannelConsumer): void {
    if (consumer.parked && !this.#waiting.has(consumer)) consumer.wake();
  }

  #putBehind(served: ReadonlySet<Queue>): void {
    for (const consumer of [...this.#waiting]) {
      if (!served.has(consumer.queue)) continue;
      this.#waiting.delete(consumer);
      this.#waiting.add(consumer);
    }
  }
}

function settleByQueue(deliveries: readonly Unacked[], outcome: Outcome): void {
  const byQueue = new Map<Queue, QueueEntry[]>();
  for (const { queue, entry } of deliveries) {
    const entries = byQueue.get(queue);
    if (entries === undefined) byQueue.set(queue, [entry]);
    else entries.push(entry);
  }
  for (const [queue, entries] of byQueue) queue.settle(entries, outcome);
}
