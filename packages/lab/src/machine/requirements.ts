import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../errors.js';

/** Program -> Debian package. */
const PROGRAMS: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  containerd: 'containerd',
  'docker-registry': 'docker-registry',
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  iptables: 'iptables',
  ebtables: 'iptables',
  ip: 'iproute2',
  bridge: 'iproute2',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  systemctl: 'systemd',
  busybox: 'busybox-static',
  'dbus-daemon': 'dbus',
};

const DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Throws LabError unless this is root on a Linux machine that has what the lab starts. */
export async function checkRequirements(): Promise<void> {
  checkRoot();
  const missing = new Set<string>();
  for (const [program, debianPackage] of Object.entries(PROGRAMS)) {
    if (!(await isInstalled(program))) missing.add(debianPackage);
  }
  if (missing.size > 0) {
    throw new LabError(`the lab needs ${[...missing].join(', ')}`, {
      hint: 'install what is missing: scripts/setup',
    });
  }
}

export function checkRoot(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new LabError('the lab makes namespaces, mounts and cgroups: it needs root on Linux', {
      hint: 'run it as root, e.g. with sudo',
    });
  }
}

async function isInstalled(program: string): Promise<boolean> {
  for (const directory of DIRECTORIES) {
    try {
      await access(join(directory, program), constants.X_OK);
      return true;
    } catch {
      // Not here: the next directory may have it.
    }
  }
  return false;
}
