import { expect } from 'chai';
import { Alarms } from '../../../src/broker/alarms.ts';

describe('Alarms', () => {
  let changes: string[];
  let alarms: Alarms;

  beforeEach(() => {
    changes = [];
    alarms = new Alarms((resource, raised) => {
      changes.push(`${resource} ${raised ? 'set' : 'cleared'}, up ${alarms.isUp}`);
    });
  });

  it('are down at first', () => {
    expect(alarms.isUp).to.equal(false);
    alarms.clear('memory', 'limit');
    expect([alarms.isUp, changes]).to.deep.equal([false, []]);
  });

  it('are up while one of them is', () => {
    alarms.raise('memory', 'limit');
    alarms.raise('disk', 'limit');
    alarms.clear('memory', 'limit');
    expect([alarms.isRaised('memory'), alarms.isRaised('disk')]).to.deep.equal([false, true]);
    alarms.clear('disk', 'limit');
    expect(changes).to.deep.equal([
      'memory set, up true',
      'disk set, up true',
      'memory cleared, up true',
      'disk cleared, up false',
    ]);
  });

  it('stay up until the last cause is gone, whichever came first', () => {
    for (const last of ['limit', 'full'] as const) {
      const first = last === 'limit' ? 'full' : 'limit';
      alarms.raise('disk', 'limit');
      alarms.raise('disk', 'full');
      alarms.raise('disk', 'full');
      alarms.clear('disk', first);
      alarms.clear('disk', first);
      expect([alarms.isUp, alarms.isRaised('disk')]).to.deep.equal([true, true]);
      alarms.clear('disk', last);
      expect(changes.splice(0)).to.deep.equal(['disk set, up true', 'disk cleared, up false']);
    }
  });

  it('are named as RabbitMQ names them, in its order', () => {
    alarms.raise('memory', 'limit');
    expect(alarms.reason).to.equal('low on memory');
    alarms.raise('disk', 'full');
    expect(alarms.reason).to.equal('low on disk & memory');
    alarms.clear('memory', 'limit');
    expect(alarms.reason).to.equal('low on disk');
  });
});
