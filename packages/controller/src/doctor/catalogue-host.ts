import type { CatalogueRows } from './catalogue-row.js';

/** About hosts: agents, clocks, names, disks, versions. */
export const HOST_FINDINGS = {
  'no-hosts': {
    severity: 'error',
    meaning: 'No agent has registered: nothing can be placed anywhere.',
    fix: 'Start nap-agent on the hosts, with the same --etcd and --prefix as here.',
  },
  'host-away': {
    severity: 'error',
    meaning:
      'The agent of the host holds no lease: the host is down or cut off, or only its agent is stopped. Its names are withdrawn.',
    fix: 'systemctl status nap-agent on the host; nap-controller host rm forgets one that will not come back.',
  },
  'host-lease-short': {
    severity: 'warning',
    meaning:
      'Little is left of the lease of the host: its agent has not renewed it as often as it should.',
    fix: 'See whether the host is overloaded, frozen at times, or has a bad way to etcd; a longer --lease-ttl-s forgives more.',
  },
  'host-no-facts': {
    severity: 'note',
    meaning: 'The agent has told nothing of its host, so nothing of it is judged here.',
    fix: 'Upgrade nap-agent there; one that was just started tells within a minute.',
  },
  'host-clock-off': {
    severity: 'error',
    meaning:
      'The clock of the host is another than that of this machine: ages, logs and certificates lie.',
    fix: 'Run chrony or systemd-timesyncd on all machines, this one too.',
  },
  'host-clock-unsynchronised': {
    severity: 'warning',
    meaning: 'Nothing keeps the clock of the host right; it will drift.',
    fix: 'timedatectl set-ntp true, or start chrony; see that it reaches its servers.',
  },
  'host-check-old': {
    severity: 'warning',
    meaning:
      'The agent holds its lease, but has verified nothing for minutes: it hangs, or the clock of the host is behind.',
    fix: 'See journalctl -u nap-agent on the host; doctor --listen 40 tells its clock exactly.',
  },
  'host-problem': {
    severity: 'warning',
    meaning: 'The agent itself says that something on its host is wrong.',
    fix: 'Do what its sentence says; journalctl -u nap-agent has more.',
  },
  'hosts-file-drift': {
    severity: 'warning',
    meaning:
      'Hosts files of containers are not what the name map in etcd says: a name leads astray there.',
    fix: 'The agent puts it right within seconds; if it stays, see journalctl -u nap-agent, and who else writes these files.',
  },
  'disk-full': {
    severity: 'error',
    meaning:
      'A file system is full to 95 % or more: images, containers and what the agent keeps find no room.',
    fix: 'docker system prune on the host; move large logs and volumes; enlarge it.',
  },
  'disk-filling': {
    severity: 'warning',
    meaning: 'A file system is full to 85 % or more, or its inodes are.',
    fix: 'docker system df on the host shows what takes the room; set limits for logs (logging.options.max-size).',
  },
  'agent-version-skew': {
    severity: 'warning',
    meaning:
      'Agents and this controller are of different versions: what one writes another may refuse to read.',
    fix: 'Bring all of them to one version.',
  },
  'engine-version-skew': {
    severity: 'note',
    meaning:
      'The hosts run different major versions of the Docker Engine: a container may start on one and not on another.',
    fix: 'Bring them to one version when it suits.',
  },
  'same-address': {
    severity: 'error',
    meaning: 'Hosts tell the same address: one was cloned, or its address is that of a NAT.',
    fix: 'Give each host its own with nap-agent --address, and flanneld with -iface or -public-ip.',
  },
} as const satisfies CatalogueRows;
