/** Which cgroup hierarchies a machine has: several (v1), one (v2), or both kinds beside each other. */

export interface Hierarchy {
  /** Where it is mounted. */
  readonly dir: string;
  readonly version: 1 | 2;
  /** What to give `mount -o` to mount a v1 hierarchy again: `cpu`, `cpu,cpuacct`, `name=systemd`. Empty for v2. */
  readonly controllers: string;
}

/** Reads /proc/self/mountinfo. Bind mounts of parts of a hierarchy are left out. */
export function parseHierarchies(mountinfo: string): readonly Hierarchy[] {
  return mountinfo
    .split('\n')
    .map(parseLine)
    .filter((hierarchy) => hierarchy !== undefined);
}

const NOT_CONTROLLERS = /^(rw|ro|xattr|clone_children|noprefix|release_agent=.*|favordynmods)$/;

function parseLine(line: string): Hierarchy | undefined {
  const [mount = '', superblock = ''] = line.split(' - ');
  const [, , , root, dir] = mount.split(' ');
  const [type, , options = ''] = superblock.split(' ');
  if (root !== '/' || dir === undefined) return undefined;
  if (type === 'cgroup2') return { dir, version: 2, controllers: '' };
  if (type !== 'cgroup') return undefined;
  const controllers = options.split(',').filter((option) => !NOT_CONTROLLERS.test(option));
  return { dir, version: 1, controllers: controllers.join(',') };
}
