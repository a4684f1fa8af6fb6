// What queues say in the log, worded as RabbitMQ does where it says it.
import { expect } from 'chai';
import { createLog } from '../../../src/lib/log.ts';
import { logQueues } from '../../../src/session/queue-log.ts';
import { BrokerParts, messageOf } from '../support/broker-parts.ts';

describe('Queues in the log', () => {
  let parts: BrokerParts;
  let lines: string[];

  beforeEach(() => {
    parts = new BrokerParts();
    lines = [];
    const log = createLog('debug', ({ message }) => void lines.push(message));
    logQueues(parts.broker.events, log);
  });

  it('a circle of dead letters is told once (A8.4)', () => {
    const expiring = (next: string) => ({
      'x-message-ttl': 10,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': next,
    });
    parts.declareQueue('a', expiring('b'));
    const queue = parts.declareQueue('b', expiring('a'));
    for (let i = 0; i < 3; i++) {
      queue.publish(messageOf('1'), null);
      for (let ms = 0; ms < 30; ms++) parts.advance(1);
    }
    expect(parts.vhost.queue('a', null).readyCount + queue.readyCount).to.equal(0);
    expect(lines).to.deep.equal([
      'Message dropped. Dead-letter queues cycle detected: [<<"b">>,<<"a">>,<<"b">>]\n' +
        'This cycle will NOT be reported again.',
    ]);
  });

  it('so many waiting messages that others are not looked at', () => {
    parts.broker.events.emit('queue.lookahead.full', { vhost: '/', name: 'q' });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^queue 'q' in vhost '\/': too many messages wait/);
  });
});
