import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { ProcessFacts } from '../../../src/config/process-facts.ts';

const BETWEEN = Array.from({ length: 18 }, (_, at) => at).join(' ');
const stat = (pid: number, name: string, state: string, started: string) =>
  `${pid} (${name}) ${state} ${BETWEEN} ${started} 1 2\n`;
const NOBODY = 2 ** 22 + 7;

describe('ProcessFacts', () => {
  it('reads number, start and boot from /proc, whatever the process is called', () => {
    const files: Record<string, string> = {
      '/proc/7/stat': stat(7, 'a) R (b', 'S', '123'),
      '/proc/sys/kernel/random/boot_id': 'abc\n',
    };
    const { self } = new ProcessFacts((path) => files[path], 7);
    expect(self).to.include({ pid: 7, started: '123', boot: 'abc' });
  });

  it('tells a process from a later one, from a dead one and from none', () => {
    const files: Record<string, string> = {
      '/proc/7/stat': stat(7, 'self', 'R', '1'),
      '/proc/8/stat': stat(8, 'other', 'S', '2'),
      '/proc/9/stat': stat(9, 'dead', 'Z', '3'),
    };
    const facts = new ProcessFacts((path) => files[path], 7);
    const answers = [
      facts.isRunning(7, '1'),
      facts.isRunning(7, '0'),
      facts.isRunning(8, '2'),
      facts.isRunning(8, '1'),
      facts.isRunning(9, '3'),
      facts.isRunning(NOBODY, '1'),
    ];
    expect(answers).to.deep.equal([true, false, true, false, false, false]);
  });

  it('knows less where there is no /proc: a number in use counts as running', () => {
    const facts = new ProcessFacts(() => undefined);
    expect(facts.self.boot).to.equal('');
    expect(facts.isRunning(process.pid, facts.self.started)).to.equal(true);
    expect(facts.isRunning(process.pid, '1')).to.equal(false);
    expect(facts.isRunning(process.ppid, '1')).to.equal(true);
    expect(facts.isRunning(NOBODY, '1')).to.equal(false);
  });

  it('sees a real process come and go', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    const { pid } = child;
    if (pid === undefined) throw new Error('no process');
    const { started } = new ProcessFacts(undefined, pid).self;
    const facts = new ProcessFacts();
    expect(facts.isRunning(pid, started)).to.equal(true);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(facts.isRunning(pid, started)).to.equal(false);
  });
});
