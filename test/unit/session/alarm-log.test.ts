import { expect } from 'chai';
import type { AlarmEvent } from '../../../src/broker/events.ts';
import { createLog } from '../../../src/lib/log.ts';
import { AlarmLog } from '../../../src/session/alarm-log.ts';

describe('AlarmLog', () => {
  let lines: string[];
  let log: AlarmLog;

  beforeEach(() => {
    lines = [];
    const sink = createLog('info', ({ level, message }) => lines.push(`${level}: ${message}`));
    log = new AlarmLog(sink, 'rabbit@box');
  });

  const stars = '*'.repeat(58);
  const setLine = (resource: string) =>
    `warning: ${resource} resource limit alarm set on node rabbit@box.\n${stars}\n` +
    `*** Publishers will be blocked until this alarm clears ***\n${stars}`;

  it('words the disk alarm as RabbitMQ does', () => {
    const event: AlarmEvent = { resource: 'disk', freeBytes: 7, limitBytes: 8 };
    log.set(event);
    log.cleared({ ...event, freeBytes: 9 });
    expect(lines).to.deep.equal([
      'info: Free disk space is insufficient. Free bytes: 7. Limit: 8',
      setLine('disk'),
      'info: Free disk space is sufficient. Free bytes: 9. Limit: 8',
      'warning: disk resource limit alarm cleared on node rabbit@box',
    ]);
  });

  it('tells a write that did not fit from a limit', () => {
    log.set({ resource: 'disk', freeBytes: 8, limitBytes: 8 });
    expect(lines[0]).to.equal('info: A write to the disk did not fit. Free bytes: 8. Limit: 8');
  });

  it('words the memory alarm as RabbitMQ does', () => {
    log.set({ resource: 'memory', usedBytes: 9, limitBytes: 8 });
    log.cleared({ resource: 'memory', usedBytes: 7, limitBytes: 8 });
    expect(lines).to.deep.equal([
      'info: vm_memory_high_watermark set. Memory used:9 allowed:8',
      setLine('memory'),
      'info: vm_memory_high_watermark clear. Memory used:7 allowed:8',
      'warning: memory resource limit alarm cleared on node rabbit@box',
    ]);
  });
});
