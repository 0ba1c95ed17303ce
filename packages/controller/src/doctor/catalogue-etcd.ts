import type { CatalogueRows } from './catalogue-row.js';

/** About etcd itself. */
export const ETCD_FINDINGS = {
  'etcd-unreachable': {
    severity: 'error',
    meaning:
      'No endpoint of etcd answers, or etcd has no leader. Containers run on; nothing new is placed, moved or named.',
    fix: 'Start etcd, or put right --etcd, the firewall or the certificates; etcdctl endpoint health asks the same.',
  },
  'etcd-denied': {
    severity: 'error',
    meaning: 'etcd answers, and refuses this user or certificate.',
    fix: 'Check the user and its password file, the certificates, and that the role may read nap’s prefix.',
  },
  'etcd-value-unreadable': {
    severity: 'error',
    meaning:
      'A value of nap cannot be read: a newer nap wrote it, or somebody else. It is left out of every plan.',
    fix: 'Upgrade this nap where a newer one wrote it; otherwise delete the key and apply the project again.',
  },
  'etcd-member-down': {
    severity: 'error',
    meaning: 'A member of etcd does not answer. With one more lost the majority may be gone.',
    fix: 'Start it; one that is lost for good is replaced: etcdctl member remove, then member add.',
  },
  'etcd-endpoint-wrong': {
    severity: 'warning',
    meaning:
      'An endpoint of --etcd does not answer or belongs to another cluster: every client tries it in vain.',
    fix: 'Correct --etcd here and in the configuration of the agents.',
  },
  'etcd-no-leader': {
    severity: 'error',
    meaning: 'A member knows no leader: it is cut off from the majority and serves nothing.',
    fix: 'See that the members reach each other on their peer addresses (port 2380), and that most of them run.',
  },
  'etcd-leaders-differ': {
    severity: 'error',
    meaning:
      'The members name different leaders: an election is under way, or they are cut in two.',
    fix: 'Run doctor again; if it stays, look at the network between the members and at their disks.',
  },
  'etcd-alarm-nospace': {
    severity: 'error',
    meaning: 'etcd has used up its space quota and takes no writes: nap can change nothing.',
    fix: 'etcdctl compact REVISION, etcdctl defrag --cluster, then etcdctl alarm disarm; set --auto-compaction-retention=1h, or a larger --quota-backend-bytes.',
  },
  'etcd-alarm-corrupt': {
    severity: 'error',
    meaning: 'Members of etcd hold different data.',
    fix: 'Stop the member that the alarm names, remove and add it again with an empty data directory, then etcdctl alarm disarm.',
  },
  'etcd-nearly-full': {
    severity: 'warning',
    meaning: 'The database is larger than 70 % of its quota. At 100 % etcd takes no writes.',
    fix: 'Set --auto-compaction-retention=1h; then etcdctl defrag, one member after the other; or raise --quota-backend-bytes.',
  },
  'etcd-fragmented': {
    severity: 'note',
    meaning:
      'More than half of the database file is free pages, which still count against the quota.',
    fix: 'etcdctl defrag, one member after the other: each stands still for some seconds.',
  },
  'etcd-not-compacted': {
    severity: 'warning',
    meaning: 'Old revisions are never thrown away: the database grows with every change.',
    fix: 'Start etcd with --auto-compaction-mode=periodic --auto-compaction-retention=1h.',
  },
  'etcd-slow': {
    severity: 'warning',
    meaning:
      'A member takes long to answer. nap asks the next one after 1.5 s, and leases depend on answers.',
    fix: 'Give etcd a disk of its own (fsync under 10 ms at the 99th percentile), more CPU, or a shorter way.',
  },
  'etcd-lagging': {
    severity: 'warning',
    meaning: 'A member is far behind in applying what was agreed: what it serves is old.',
    fix: 'Look at its disk and CPU; it catches up by itself once they are free.',
  },
  'etcd-version-skew': {
    severity: 'warning',
    meaning:
      'The members run different versions of etcd. That is meant for the time of an upgrade only.',
    fix: 'Finish the upgrade, one member after the other.',
  },
  'etcd-even-members': {
    severity: 'note',
    meaning: 'An even number of members survives no more losses than one fewer would.',
    fix: 'Run one, three or five members.',
  },
  'etcd-member-error': {
    severity: 'warning',
    meaning: 'A member says itself that something is wrong.',
    fix: 'See the log of etcd on that machine.',
  },
  'etcd-clock-off': {
    severity: 'warning',
    meaning:
      'The clock of a member is another than that of this machine. Its certificates and its log lie.',
    fix: 'Run chrony or systemd-timesyncd on all machines, this one too.',
  },
} as const satisfies CatalogueRows;
