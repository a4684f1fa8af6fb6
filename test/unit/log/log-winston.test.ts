import { PassThrough, Writable } from 'node:stream';
import { expect } from 'chai';
import type { LogFormat, LogLevel } from '../../../src/lib/log.ts';
import { openConsoleLog } from '../../../src/lib/log-winston.ts';

/** A target that keeps what it is given; one entry a write. */
function collect(): { target: Writable; writes: string[]; text(): string } {
  const writes: string[] = [];
  const target = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      writes.push(chunk);
      done();
    },
  });
  return { target, writes, text: () => writes.join('') };
}

const open = (target: Writable, level: LogLevel = 'info', format: LogFormat = 'text') =>
  openConsoleLog({ level, format, target });

const messages = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^.*<0\.\d+\.0> /, ''));

describe('console log', () => {
  it('keeps every line in order before, while and after winston comes', async () => {
    const { target, text } = collect();
    const { log, attachWinston, close } = open(target);
    log.info('1');
    const attaching = attachWinston();
    log.info('2');
    await attaching;
    log.info('3');
    await attachWinston();
    log.warning('4', { connection: 9 });
    await close();
    expect(messages(text())).to.deep.equal(['1', '2', '3', '4']);
    expect(text()).to.match(/\[warning\] <0\.9\.0> 4\n$/);
  });

  it('writes the same lines with winston and without', async () => {
    for (const format of ['text', 'json'] as const) {
      const { target, text } = collect();
      const { log, attachWinston, close } = open(target, 'debug', format);
      log.error('broken\ntwice', { connection: 1, reason: 'x' });
      await attachWinston();
      log.error('broken\ntwice', { connection: 1, reason: 'x' });
      await close();
      const withoutTime = text().replaceAll(/\d{4}-\d\d-\d\d [\d:.+-]+/g, '');
      const half = withoutTime.length / 2;
      expect(withoutTime.slice(0, half)).to.equal(withoutTime.slice(half));
      expect(withoutTime).not.to.equal('');
    }
  });

  it('writes the lines of one turn at once', async () => {
    const { target, writes } = collect();
    const { log, attachWinston, close } = open(target);
    await attachWinston();
    for (let count = 0; count < 100; count += 1) log.info(`line ${count}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes).to.have.lengthOf(1);
    expect(messages(writes[0] ?? '')).to.have.lengthOf(100);
    await close();
  });

  it('writes nothing below its level, and announces at any level', async () => {
    const { target, text } = collect();
    const { log, announce, close } = open(target, 'none');
    log.error('no');
    announce('Server startup complete');
    await close();
    expect(messages(text())).to.deep.equal(['Server startup complete']);
  });

  it('writes what is left at exit', () => {
    const { target, text } = collect();
    const before = process.listeners('exit');
    const { log } = open(target);
    const added = process.listeners('exit').filter((each) => !before.includes(each));
    log.info('last words');
    expect(text()).to.equal('');
    for (const listener of added) listener.call(process, 0);
    expect(messages(text())).to.deep.equal(['last words']);
    for (const listener of added) process.off('exit', listener);
  });

  it('takes no records after close and leaves no listener behind', async () => {
    const { target, text } = collect();
    const listeners = process.listenerCount('exit');
    const { log, attachWinston, close } = open(target);
    log.info('a');
    await close();
    log.info('b');
    await attachWinston();
    log.info('c');
    expect(messages(text())).to.deep.equal(['a']);
    expect(process.listenerCount('exit')).to.equal(listeners);
    expect(target.listenerCount('error')).to.equal(0);
  });

  it('drops lines that a slow reader does not take, and says how many', async () => {
    const target = new PassThrough();
    const { log, close } = open(target);
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 10; count += 1) log.info(megabyte);
    await new Promise((resolve) => setImmediate(resolve));
    const text = String(target.read());
    expect(text.length).to.be.lessThan(6 * 1024 * 1024);
    expect(text).to.match(/\[warning\] <0\.0\.0> 6 log lines were dropped: .*\n$/);
    await close();
  });

  it('outlives a reader that is gone', async () => {
    const target = new PassThrough();
    const { log, attachWinston, close } = open(target);
    await attachWinston();
    target.emit('error', new Error('EPIPE'));
    log.info('to nobody');
    await close();
    expect(target.read()).to.equal(null);
  });
});
