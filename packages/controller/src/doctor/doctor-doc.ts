import { AREAS } from './catalogue.js';
import type { CatalogueRow } from './catalogue-row.js';

const HEAD = `# What \`nap-controller doctor\` finds

\`nap-controller doctor\` looks at etcd, the hosts and the network between them, changes nothing, and says of each thing that it finds: what was seen, what it
means, and what to do. It ends with 0 when it finds no errors, with 10 when it finds some (warnings and notes do not count), and with 5 when etcd cannot be
reached at all. \`--format json\` gives a list of findings with \`id\`, \`severity\`, \`subject\`, \`evidence\`, \`meaning\` and \`fix\`.

Nothing is asked of the hosts: each agent looks at its own host once a minute and writes what it sees to \`facts/<host>\` when that has changed. After a mend
its finding may therefore stand for another minute.

Clocks: what stands in etcd tells only whether a host is ahead. With \`--listen 40\` the doctor waits until each agent has told its clock anew (every 30 s by
default), and knows the difference to some milliseconds.

What it cannot see: packets that a firewall or a cloud drops between two hosts (UDP 8472 for vxlan, 8285 for udp, 51820 for wireguard; source and destination
checks with host-gw), and wrong checksums of a tunnel (ping works, TCP does not: \`ethtool -K flannel.1 tx-checksum-ip-generic off\`). Where it finds nothing
and containers do not reach each other, look there.

This page is written from the tables in \`packages/controller/src/doctor\`; a test compares them.
`;

/** docs/doctor.md */
export function doctorDocument(): string {
  const areas = AREAS.map(([title, rows]) => {
    const findings = Object.entries<CatalogueRow>(rows).map(
      ([id, { severity, meaning, fix }]) =>
        `### ${id}\n\n${severity}. ${meaning}\n\n**What to do:** ${fix}\n`,
    );
    return `## ${title}\n\n${findings.join('\n')}`;
  });
  return [HEAD, ...areas].join('\n');
}
