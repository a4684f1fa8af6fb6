import { expect } from 'chai';
import { createLog, type LogRecord, logId, logTime, noLog } from '../../../src/lib/log.ts';

const all = ['debug', 'info', 'warning', 'error'] as const;

describe('log', () => {
  it('passes on records of its level and above', () => {
    for (const [index, level] of ([...all, 'none'] as const).entries()) {
      const seen: LogRecord[] = [];
      const log = createLog(level, (record) => seen.push(record));
      for (const each of all) log[each]('hello', { connection: 3 });
      expect(seen.map((record) => record.level)).to.deep.equal(all.slice(index));
      for (const record of seen) {
        expect(record).to.deep.include({ message: 'hello', fields: { connection: 3 } });
        expect(Math.abs(record.time - Date.now())).to.be.lessThan(1000);
      }
      expect(log.debugEnabled).to.equal(level === 'debug');
    }
  });

  it('shares one no-op among disabled methods', () => {
    const log = createLog('error', () => undefined);
    expect(log.debug).to.equal(log.warning);
    expect(log.info).to.equal(noLog.error);
  });

  it('tells time in milliseconds with a fraction and never backwards within a turn', () => {
    const times = Array.from({ length: 1000 }, logTime);
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
  });

  it('writes a connection number where RabbitMQ writes a process id', () => {
    expect(logId(7)).to.equal('<0.7.0>');
  });
});
