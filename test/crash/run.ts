/**
 * One run: rounds on one data folder, then the last restart and the drain.
 *
 * Responsible for the sequence, and for noticing clients that do not end. What is right is decided
 * by the ledger and the checks.
 */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../fuzz/random.ts';
import type { CrashBroker } from './broker.ts';
import { type Cast, makeCast } from './cast.ts';
import { drainAll } from './drain.ts';
import { JOURNEYS } from './journeys/plans.ts';
import { Chronicle } from './ledger/history.ts';
import { Ledger } from './ledger/ledger.ts';
import { Life } from './life.ts';
import { Link } from './link.ts';
import { Markers } from './markers.ts';
import type { CrashOptions } from './options.ts';
import { checkRestart } from './restart-checks.ts';
import { planOf, type RoundPlan } from './round-plan.ts';
import type { Client, Stage } from './stage.ts';
import { setUp } from './topology.ts';
import type { Violations } from './violations.ts';

const LINKS = 6;
/** Clients have to notice the end of the broker, and come to rest, within this time. */
const END_LIMIT_MS = 20_000;
/** Everything that is looked at after a restart; and the drain at the end. */
const CHECK_LIMIT_MS = 60_000;
const DRAIN_LIMIT_MS = 300_000;
/** Deliveries that a channel may hold while there is little memory. */
const HELD_IN_LITTLE_MEMORY = 40;
const KEPT_SNAPSHOTS = 3;
/** Numbers of a client's generators are its own in every round. */
const CLIENT_SEEDS = 1_000;

/** Where things lie. */
export interface Places {
  readonly run: string;
  readonly data: string;
  readonly log: string;
  readonly config: string;
}

interface Work {
  readonly name: string;
  readonly end: Promise<void>;
}

export class Run {
  rounds = 0;
  kills = 0;
  readonly ledger: Ledger;
  readonly #options: CrashOptions;
  readonly #broker: CrashBroker;
  readonly #violations: Violations;
  readonly #places: Places;
  readonly #chronicle = new Chronicle();
  readonly #markers: Markers;
  readonly #cast: Cast;
  #life = new Life();

  constructor(options: CrashOptions, broker: CrashBroker, violations: Violations, places: Places) {
    this.#options = options;
    this.#broker = broker;
    this.#violations = violations;
    this.#places = places;
    this.ledger = new Ledger(violations, this.#chronicle);
    this.#markers = new Markers(violations);
    this.#cast = makeCast(this.ledger);
  }

  /** All rounds and the end; `onRound` is told of each. */
  async play(onRound: (plan: RoundPlan) => void): Promise<void> {
    const { rounds, seconds, seed } = this.#options;
    const deadline = Date.now() + seconds * 1000;
    for (let round = 1; round <= rounds && Date.now() < deadline; round++) {
      const plan = planOf(seed, round);
      this.#chronicle.round = round;
      this.#violations.round = round;
      await this.#playRound(round, plan);
      this.rounds++;
      onRound(plan);
      if (this.#violations.count > 0) break;
    }
    this.#chronicle.round++;
    await this.#finish();
  }

  /** Whatever is cut off from now on is so because the run is over. */
  abandon(): void {
    this.#life.end();
  }

  async #playRound(round: number, plan: RoundPlan): Promise<void> {
    await this.#broker.start(plan.memoryMib);
    const life = this.#newLife();
    const links = await this.#connect(life);
    const [first] = links;
    if (first === undefined) throw new Error('no connection');
    if (round === 1) await this.#setUp(first);
    else await this.#check(first);
    const work = this.#cast.clients.map((client, index) => {
      const random = Random.forInput(this.#options.seed, round * CLIENT_SEEDS + index);
      const link = random.pick(links);
      const { ledger } = this;
      const mostHeld = plan.memoryMib === null ? Infinity : HELD_IN_LITTLE_MEMORY;
      const stage = { life, ledger, markers: this.#markers, link, mostHeld, random };
      return { name: client.name, end: this.#supervise(client, stage) };
    });
    await Promise.race([life.pause(plan.workMs), this.#brokerEnds(life)]);
    if (plan.ending === 'rest') {
      life.rest();
      await this.#allEnd(work, 'come to rest');
    }
    life.end();
    if (plan.ending === 'kill') await this.#kill();
    else {
      this.ledger.stopping();
      await this.#stop();
    }
    const closings = links.map(({ closed }) => ({ name: 'a connection', end: closed }));
    await this.#allEnd([...work, ...closings], 'notice the end');
    this.ledger.restarts.endRound();
    for (const traveller of this.#cast.travellers) traveller.endRound();
    await this.#takeSnapshot(round);
    if (plan.startKillMs === null) return;
    await this.#broker.startAndKill(plan.startKillMs);
    this.kills++;
  }

  async #finish(): Promise<void> {
    await this.#broker.start();
    const life = this.#newLife();
    const link = await Link.open(this.#broker.url, life, this.#violations);
    await this.#check(link);
    await within(DRAIN_LIMIT_MS, drainAll(link, this.ledger), 'the last drain');
    await within(CHECK_LIMIT_MS, this.#finishJourneys(link), 'the end of the journeys');
    life.end();
    await link.close();
    await this.#stop();
  }

  async #finishJourneys(link: Link): Promise<void> {
    await Promise.all(this.#cast.travellers.map((each) => each.finish(link)));
  }

  #newLife(): Life {
    this.#life = new Life();
    return this.#life;
  }

  async #connect(life: Life): Promise<Link[]> {
    const links: Link[] = [];
    for (let left = LINKS; left > 0; left--) {
      links.push(await Link.open(this.#broker.url, life, this.#violations));
    }
    return links;
  }

  async #setUp(link: Link): Promise<void> {
    const channel = await link.channel();
    await setUp(channel, this.ledger);
    for (const { queue } of this.#cast.hoarders) {
      await channel.assertQueue(queue, { durable: true });
      this.ledger.addQueue(queue, { isSingle: true });
    }
    for (const plan of JOURNEYS) await plan.setUp(channel);
    await this.#markers.startRound(channel);
    await channel.close();
  }

  async #check(link: Link): Promise<void> {
    const { definers } = this.#cast;
    const work = checkRestart(link, this.ledger, this.#markers, definers, this.#violations);
    await within(CHECK_LIMIT_MS, work, 'what is checked after a restart');
  }

  async #supervise(client: Client, stage: Stage): Promise<void> {
    try {
      await client.work(stage);
    } catch (error) {
      // A mistake of the client's own is no finding.
      if (error instanceof TypeError || error instanceof RangeError) throw error;
      if (stage.life.isOver) return;
      this.#violations.add(`${client.name} failed: ${(error as Error).message}`);
    }
  }

  /** Waits for the broker to end by itself, which it should not. */
  async #brokerEnds(life: Life): Promise<void> {
    await this.#broker.gone;
    if (!life.isOver) this.#violations.add(`the broker ended by itself: ${this.#broker.ended}`);
  }

  async #allEnd(work: readonly Work[], what: string): Promise<void> {
    const open = new Set(work);
    const ends = work.map(async (each) => {
      await each.end;
      open.delete(each);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_LIMIT_MS);
    });
    await Promise.race([Promise.all(ends), late]);
    clearTimeout(timer);
    if (open.size === 0) return;
    const names = [...open].map(({ name }) => name).join(', ');
    this.#violations.add(`${names} did not ${what} within ${END_LIMIT_MS} ms`);
  }

  async #kill(): Promise<void> {
    await this.#broker.kill();
    this.kills++;
  }

  async #stop(): Promise<void> {
    const fault = await this.#broker.stop();
    if (fault !== null) this.#violations.add(fault);
  }

  async #takeSnapshot(round: number): Promise<void> {
    if (!this.#options.snapshots) return;
    const { run, data } = this.#places;
    await cp(data, join(run, `after-round-${round}`), { recursive: true });
    const old = join(run, `after-round-${round - KEPT_SNAPSHOTS}`);
    await rm(old, { recursive: true, force: true });
  }
}

/** Throws an Error when the work does not end in time. */
async function within(limitMs: number, work: Promise<void>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} takes more than ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
