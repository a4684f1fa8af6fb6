import { expect } from 'chai';
import { availableMemoryBytes, cgroupLimitBytes } from '../../../src/config/memory-limit.ts';

const files = (content: Record<string, string>) => (path: string) => content[path];
const v1 = '/sys/fs/cgroup/memory';

describe('cgroupLimitBytes', () => {
  const cases: readonly [string, Record<string, string>, number][] = [
    ['no control groups', {}, Number.POSITIVE_INFINITY],
    [
      'v2 in a container: the mount’s root is the group',
      { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '1000\n' },
      1000,
    ],
    [
      'v2 without a limit',
      { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': 'max\n' },
      Number.POSITIVE_INFINITY,
    ],
    [
      'v2: the tightest on the way to the root',
      {
        '/proc/self/cgroup': '0::/a/b\n',
        '/sys/fs/cgroup/a/b/memory.max': 'max\n',
        '/sys/fs/cgroup/a/memory.max': '700\n',
        '/sys/fs/cgroup/memory.max': '9000\n',
      },
      700,
    ],
    [
      'v1 with a path that is not mounted',
      {
        '/proc/self/cgroup': '5:cpu:/\n4:memory:/docker/abc\n',
        [`${v1}/memory.limit_in_bytes`]: '2000\n',
      },
      2000,
    ],
    [
      'v1 without a limit',
      {
        '/proc/self/cgroup': '4:cpu,memory:/x\n0::/\n',
        [`${v1}/x/memory.limit_in_bytes`]: '9223372036854771712\n',
      },
      Number.POSITIVE_INFINITY,
    ],
    [
      'a group outside of the mount',
      { '/proc/self/cgroup': '0::/../../x\n', '/sys/fs/cgroup/memory.max': '5\n' },
      5,
    ],
  ];
  for (const [what, content, expected] of cases) {
    it(what, () => {
      expect(cgroupLimitBytes(files(content))).to.equal(expected);
    });
  }
});

describe('availableMemoryBytes', () => {
  it('is the machine’s memory or the container’s, whichever is smaller', () => {
    const capped = files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '1000\n' });
    expect(availableMemoryBytes(capped, 5000)).to.equal(1000);
    expect(availableMemoryBytes(capped, 500)).to.equal(500);
    expect(availableMemoryBytes(files({}), 500)).to.equal(500);
  });

  it('finds something on this machine', () => {
    expect(availableMemoryBytes()).to.be.greaterThan(1_000_000);
  });
});
