import { expect } from 'chai';
import { Alarms } from '../../../src/broker/alarms.ts';
import { ReadControl } from '../../../src/session/read-control.ts';
import { FakeTransport } from '../support/fake-transport.ts';

describe('ReadControl', () => {
  let transport: FakeTransport;
  let alarms: Alarms;
  let reading: ReadControl;

  beforeEach(() => {
    transport = new FakeTransport();
    alarms = new Alarms(() => undefined);
    reading = new ReadControl(transport, alarms);
  });

  it('reads at first', () => {
    expect(reading.isPaused).to.equal(false);
    expect(reading.mustBlock).to.equal(false);
    reading.resumeAll();
    reading.resumeFrom('flow');
    expect(transport.calls).to.deep.equal([]);
  });

  it('pauses and resumes', () => {
    reading.pauseFor('flow');
    expect([reading.isPaused, reading.isPausedFor('flow')]).to.deep.equal([true, true]);
    expect(reading.isPausedFor('alarm')).to.equal(false);
    reading.resumeFrom('flow');
    expect(reading.isPaused).to.equal(false);
    expect(transport.calls).to.deep.equal(['pause', 'resume']);
  });

  it('stays paused until the last reason is gone', () => {
    reading.pauseFor('flow');
    reading.pauseFor('alarm');
    reading.pauseFor('flow');
    reading.resumeFrom('flow');
    reading.resumeFrom('flow');
    expect(transport.calls).to.deep.equal(['pause']);
    reading.resumeFrom('alarm');
    expect(transport.calls).to.deep.equal(['pause', 'resume']);
  });

  it('drops all reasons at once', () => {
    reading.pauseFor('flow');
    reading.pauseFor('alarm');
    reading.resumeAll();
    expect(reading.isPaused).to.equal(false);
    expect(transport.calls).to.deep.equal(['pause', 'resume']);
  });

  it('must block under an alarm that it is not paused for yet', () => {
    alarms.raise('disk', 'limit');
    expect(reading.mustBlock).to.equal(true);
    reading.pauseFor('flow');
    expect(reading.mustBlock).to.equal(true);
    reading.pauseFor('alarm');
    expect(reading.mustBlock).to.equal(false);
    reading.resumeFrom('alarm');
    alarms.clear('disk', 'limit');
    expect(reading.mustBlock).to.equal(false);
  });
});
