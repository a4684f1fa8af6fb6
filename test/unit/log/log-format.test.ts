import { expect } from 'chai';
import type { LogRecord } from '../../../src/lib/log.ts';
import { formatRecord, formatTime } from '../../../src/lib/log-format.ts';

const record: LogRecord = {
  time: Date.UTC(2026, 10, 23, 6, 12, 10, 123) + 0.456,
  level: 'info',
  message: 'accepting AMQP connection',
  fields: { connection: 7, peer: '127.0.0.1:1' },
};

describe('log lines', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });
  beforeEach(() => {
    process.env['TZ'] = 'UTC';
  });

  it('as text: RabbitMQ’s layout', () => {
    expect(formatRecord(record, 'text')).to.equal(
      '2026-11-23 06:12:10.123456+00:00 [info] <0.7.0> accepting AMQP connection\n',
    );
    expect(formatRecord({ ...record, fields: undefined, level: 'warning' }, 'text')).to.equal(
      '2026-11-23 06:12:10.123456+00:00 [warning] <0.0.0> accepting AMQP connection\n',
    );
  });

  it('as text: every line of a message has the front, so that none can be forged', () => {
    const front = '2026-11-23 06:12:10.123456+00:00 [info] <0.7.0> ';
    expect(formatRecord({ ...record, message: 'a\nb\r\nc\rd' }, 'text')).to.equal(
      `${front}a\n${front}b\n${front}c\n${front}d\n`,
    );
  });

  it('as JSON: RabbitMQ’s keys, then the fields', () => {
    const line = formatRecord({ ...record, message: 'a\nb' }, 'json');
    expect(line.endsWith('}\n')).to.equal(true);
    expect(JSON.parse(line)).to.deep.equal({
      time: '2026-11-23 06:12:10.123456+00:00',
      level: 'info',
      msg: 'a\nb',
      pid: '<0.7.0>',
      connection: 7,
      peer: '127.0.0.1:1',
    });
  });

  it('in local time with its distance to UTC', () => {
    process.env['TZ'] = 'Asia/Kolkata';
    expect(formatTime(record.time)).to.equal('2026-11-23 11:42:10.123456+05:30');
    process.env['TZ'] = 'America/St_Johns';
    expect(formatTime(record.time)).to.equal('2026-11-23 02:42:10.123456-03:30');
  });
});
