import { describe, expect, it } from '@jest/globals';
import { parseHierarchies } from './cgroup-mounts.js';

describe('the cgroup hierarchies of a machine', () => {
  it('are found for cgroup v1, with a v2 one beside', () => {
    const mountinfo = `23 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
38 31 0:35 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/x,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`;
    expect(parseHierarchies(mountinfo)).toEqual([
      { dir: '/sys/fs/cgroup/freezer', version: 1, controllers: 'freezer' },
      { dir: '/sys/fs/cgroup/cpu,cpuacct', version: 1, controllers: 'cpu,cpuacct' },
      { dir: '/sys/fs/cgroup/systemd', version: 1, controllers: 'name=systemd' },
      { dir: '/sys/fs/cgroup/unified', version: 2, controllers: '' },
    ]);
  });

  it('are found for cgroup v2 alone', () => {
    const mountinfo =
      '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n';
    expect(parseHierarchies(mountinfo)).toEqual([
      { dir: '/sys/fs/cgroup', version: 2, controllers: '' },
    ]);
  });

  it('leave out a bind mount of a part', () => {
    const mountinfo = '50 23 0:34 /docker/x /mnt rw - cgroup cgroup rw,freezer\n';
    expect(parseHierarchies(mountinfo)).toEqual([]);
  });
});
