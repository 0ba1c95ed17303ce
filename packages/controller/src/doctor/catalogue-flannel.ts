import type { CatalogueRows } from './catalogue-row.js';

/** About the network between containers of different hosts. */
export const FLANNEL_FINDINGS = {
  'flannel-unreadable': {
    severity: 'note',
    meaning: 'This user may not read flannel’s keys in etcd, so nothing of them is judged here.',
    fix: 'Give its role the right to read them: etcdctl role grant-permission ROLE --prefix=true read /coreos.com/network/.',
  },
  'flannel-config-missing': {
    severity: 'error',
    meaning:
      'Hosts use flannel, but its config is not in etcd where nap looks: new hosts get no subnet.',
    fix: 'etcdctl put /coreos.com/network/config with Network and Backend; or say where it is with --flannel-prefix.',
  },
  'flannel-config-elsewhere': {
    severity: 'error',
    meaning: 'flannel has its config under another prefix than the one nap looks at.',
    fix: 'Give that prefix to nap-agent and doctor with --flannel-prefix.',
  },
  'flannel-config-old-api': {
    severity: 'error',
    meaning:
      'flannel’s config is in the store of etcd’s version 2 API only. flannel 0.18 and later does not see it.',
    fix: 'Write it with etcdctl of API 3 (ETCDCTL_API=3 etcdctl put …), or run flannel 0.17 or older with etcd --enable-v2.',
  },
  'flannel-config-invalid': {
    severity: 'error',
    meaning: 'flannel cannot use its config: flanneld refuses to start, or leases wrong subnets.',
    fix: 'Correct the JSON in etcd, such as {"Network":"10.4.0.0/16","Backend":{"Type":"vxlan"}}, and restart flanneld everywhere.',
  },
  'flannel-backend-default': {
    severity: 'warning',
    meaning:
      'The config names no backend: flannel then uses udp, which is slow and ends with flanneld.',
    fix: 'Set "Backend":{"Type":"vxlan"} and restart flanneld everywhere.',
  },
  'flannel-subnets-exhausted': {
    severity: 'error',
    meaning: 'All subnets, or nearly all, are leased: the next host gets none.',
    fix: 'Delete leases of hosts that are gone; or a larger Network, or a larger SubnetLen, and restart flanneld everywhere.',
  },
  'flannel-backends-differ': {
    severity: 'error',
    meaning: 'Hosts use different backends or VNIs, and ignore each other.',
    fix: 'Restart flanneld on all hosts: the config was changed, and is read at the start only.',
  },
  'flannel-network-overlaps': {
    severity: 'error',
    meaning:
      'flannel’s network overlaps another network of a host: one of the two cannot be reached.',
    fix: 'Choose a Network that nothing else uses (not 172.17.0.0/16 to 172.31.0.0/16, which Docker takes), and restart flanneld everywhere.',
  },
  'flannel-lease-duplicate': {
    severity: 'error',
    meaning: 'Two leases name one public address: one is old, or hosts were cloned.',
    fix: 'Give flanneld -iface or -public-ip on cloned or NAT hosts; delete the lease whose subnet no host has.',
  },
  'flannel-lease-expiring': {
    severity: 'warning',
    meaning: 'flanneld renews a lease an hour before its end; this one was not renewed.',
    fix: 'Restart flanneld on that host; use flannel 0.28.6 or later, which does not get stuck.',
  },
  'flannel-lease-stray': {
    severity: 'note',
    meaning: 'A lease is of no host of nap: a host that is gone, or one that nap does not run on.',
    fix: 'Nothing, or delete its key; it ends by itself within 24 hours.',
  },
  'flannel-file-missing': {
    severity: 'error',
    meaning:
      'flannel has written no usable file with its subnet on a host of a cluster that uses flannel.',
    fix: 'Start flanneld there, before dockerd; see journalctl -u flanneld; some guides overwrite that file: use another one.',
  },
  'flannel-lease-missing': {
    severity: 'error',
    meaning:
      'No lease in etcd is of the subnet that the host uses: other hosts have no route to it.',
    fix: 'Restart flanneld on that host, then dockerd if the subnet has changed.',
  },
  'flannel-lease-foreign': {
    severity: 'error',
    meaning: 'The lease of the subnet that the host uses belongs to another address.',
    fix: 'Restart flanneld on that host, then dockerd and nap-agent; give flanneld -public-ip where its address is wrong.',
  },
  'flannel-network-changed': {
    severity: 'error',
    meaning: 'The host uses another flannel network than the config says.',
    fix: 'Restart flanneld on that host, then dockerd.',
  },
  'flannel-address-foreign': {
    severity: 'error',
    meaning:
      'The public address of the host’s lease is on none of its interfaces: others send to nowhere.',
    fix: 'Start flanneld with -iface or -public-ip (Vagrant’s and NAT’s 10.0.2.15 is the same on every machine).',
  },
  'flannel-not-running': {
    severity: 'error',
    meaning:
      'flanneld does not run on the host: it learns of no new host, and its lease ends within a day.',
    fix: 'systemctl start flanneld, with Restart=always: it ends with exit code 0 when its lease is revoked.',
  },
  'flannel-routes-missing': {
    severity: 'error',
    meaning:
      'The host has no route to subnets that other hosts hold: its containers do not reach theirs.',
    fix: 'Restart flanneld on that host (0.18 to 0.26.3 lose events); see that all use one backend.',
  },
  'flannel-hosts-not-adjacent': {
    severity: 'error',
    meaning:
      'The backend is host-gw, and a host is not on a network of this one: there is no route to it.',
    fix: 'Use vxlan, with DirectRouting if you like, or bring the hosts into one network.',
  },
  'bridge-outside-subnet': {
    severity: 'error',
    meaning:
      'The network of the instances does not lie in flannel’s subnet of the host: nobody else reaches them.',
    fix: 'Restart dockerd after flanneld (with --bip=$FLANNEL_SUBNET), or let nap-agent make its own network: --network auto.',
  },
  'mtu-too-large': {
    severity: 'error',
    meaning:
      'Packets of containers are larger than the way to other hosts takes: small requests work, large answers hang.',
    fix: 'Start dockerd with --mtu=$FLANNEL_MTU, or remove the network so that nap-agent makes it anew; restart flanneld after a change of the uplink.',
  },
  'mtu-differs': {
    severity: 'warning',
    meaning: 'Hosts have different MTUs in flannel’s network: large packets are lost one way.',
    fix: 'Give all uplinks one MTU, and restart flanneld and dockerd.',
  },
  'ip-forward-off': {
    severity: 'error',
    meaning: 'The kernel forwards no packets: containers reach nobody outside their host.',
    fix: 'sysctl -w net.ipv4.ip_forward=1, and in /etc/sysctl.d for good.',
  },
  'forward-drops': {
    severity: 'error',
    meaning: 'The firewall drops what is forwarded, and no rule lets flannel’s network through.',
    fix: 'flannel 0.9.1 or later with -iptables-forward-rules; or iptables -A FORWARD -s NETWORK -j ACCEPT, and the same with -d; see ufw or firewalld.',
  },
  'bridge-filter-missing': {
    severity: 'note',
    meaning:
      'The module br_netfilter is not loaded: flannel 0.26 and later does not start without it.',
    fix: 'modprobe br_netfilter, and in /etc/modules-load.d for good.',
  },
  'docker-direct-routing': {
    severity: 'error',
    meaning: 'Docker 28 and later drops what other hosts send to a container’s own address.',
    fix: 'dockerd --allow-direct-routing (28.2 and later), or a network made by nap-agent (--network nap), which asks for nat-unprotected.',
  },
  'masquerade-twice': {
    severity: 'warning',
    meaning:
      'flannel and the engine both masquerade: other hosts do not see the address of a container.',
    fix: 'Start dockerd with --ip-masq=false where flanneld has -ip-masq.',
  },
  'masquerade-none': {
    severity: 'warning',
    meaning: 'Neither flannel nor the engine masquerades: containers do not reach the internet.',
    fix: 'Start flanneld with -ip-masq.',
  },
} as const satisfies CatalogueRows;
