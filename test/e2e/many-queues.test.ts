// Many durable queues with little each, and little memory: what once blocked their publishers for
// good. The messages are on the disk but for the first of each queue, and all are there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Peer } from '../support/peer.ts';
import { needsLeveret, openSocket, startLeveret } from '../support/target.ts';
import { counts, expectMessages } from '../support/topology.ts';

const QUEUES = 80;
const ROUNDS = 500;
const KIB = 1024;
const PERSISTENT = { deliveryMode: 2 } as const;

describe('a broker with many durable queues and little memory', () => {
  needsLeveret();

  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'leveret-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const connect = async (url: string): Promise<Peer> => {
    const peer = await Peer.connect(await openSocket(url));
    await peer.open(1);
    return peer;
  };

  /** Of them, the windows take 10 MiB at the most. */
  const start = () => startLeveret({ dataDir, memoryLimitBytes: 24 * KIB * KIB });

  it('takes what is published to them, and has it after a restart', async () => {
    const texts: string[] = [];
    {
      await using broker = await start();
      const peer = await connect(broker.url);
      for (let q = 0; q < QUEUES; q++) {
        await peer.call(1, 'queue.declare', { queue: `q${q}`, durable: true });
      }
      await peer.call(1, 'confirm.select');
      for (let round = 0; round < ROUNDS; round++) {
        const text = `${round} `.padEnd(KIB, '.');
        texts.push(text);
        for (let q = 0; q < QUEUES; q++) peer.publish(1, { routingKey: `q${q}` }, PERSISTENT, text);
        // Every confirm, however many of them one frame says.
        for (let tag = 0; tag < (round + 1) * QUEUES; ) {
          tag = Number((await peer.expect(1, 'basic.ack')).deliveryTag);
        }
      }
      peer.drop();
    }
    await using broker = await start();
    const peer = await connect(broker.url);
    for (const queue of ['q0', 'q41', `q${QUEUES - 1}`]) {
      expect(await counts(peer, queue)).to.deep.equal([ROUNDS]);
      await expectMessages(peer, queue, texts);
    }
    peer.drop();
  });
});
