/** Reading of /proc texts. */
import { expect } from 'chai';
import {
  busyMsOfStat,
  cpuMsOfStat,
  listeningInodes,
  rssBytesOfStatus,
} from '../../../bench/support/usage.ts';

describe('bench process usage', () => {
  it('finds user and system time behind a command with spaces and parentheses', () => {
    const stat = '42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 100';
    expect(cpuMsOfStat(stat)).to.equal(3000);
  });

  it('counts what all cores did, but not what they waited for', () => {
    expect(busyMsOfStat('cpu  100 10 50 9000 800 5 5 3 0 0\ncpu0 1 1 1 1\n')).to.equal(1700);
  });

  it('finds resident memory', () => {
    expect(rssBytesOfStatus('Name:\tnode\nVmHWM:\t 9 kB\nVmRSS:\t  2048 kB\n')).to.equal(2097152);
    expect(rssBytesOfStatus('Name:\tkthreadd\n')).to.equal(0);
  });

  it('finds the socket that listens on a port', () => {
    const line = (local: string, state: string, inode: number): string =>
      `   0: 0100007F:${local} 00000000:0000 ${state} 0:0 00:0 0     0        0 ${inode} 1 0 100`;
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid',
      line('1629', '0A', 111),
      line('1629', '01', 222),
      line('1628', '0A', 333),
    ].join('\n');
    expect(listeningInodes(table, 0x1629)).to.deep.equal(['111']);
    expect(listeningInodes('', 5672)).to.deep.equal([]);
  });
});
