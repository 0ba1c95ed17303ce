import { addressesClash } from '../../port-addresses.js';
import { child, itemsOf, textAt, type Node } from '../node.js';
import { parsePortRange } from '../canonicalise/ports.js';
import type { Checked, CheckedService } from './check.js';

interface Published {
  readonly port: number;
  readonly protocol: string;
  readonly hostIp: string;
  readonly node: Node;
}

/** Ports with one number on the host; of a range the engine picks a free one. */
function fixedPorts(service: CheckedService): readonly Published[] {
  return itemsOf(child(service.node, 'ports')).flatMap((node) => {
    const range = parsePortRange(textAt(node, 'published') ?? '');
    if (range === undefined || range.from !== range.to) return [];
    const hostIp = textAt(node, 'host_ip') ?? '';
    return [{ port: range.from, protocol: textAt(node, 'protocol') ?? 'tcp', hostIp, node }];
  });
}

function checkService(service: CheckedService, { findings }: Checked): void {
  const seen = new Map<string, Published[]>();
  for (const published of fixedPorts(service)) {
    const key = `${published.port}/${published.protocol}`;
    const earlier = seen.get(key) ?? [];
    const other = earlier.find(({ hostIp }) => addressesClash(hostIp, published.hostIp));
    seen.set(key, [...earlier, published]);
    if (other === undefined) continue;
    findings.error(
      published.node.place,
      `${service.path}.ports`,
      `the host port ${key} is published twice, here and in line ${other.node.place.line}`,
      'a port of the host leads to one port of the container',
    );
  }
}

/**
 * No instance publishes one port twice. Two services with the same port, or replicas of one, are the planner's matter: they
 * run on different hosts.
 */
export function checkPorts(checked: Checked): void {
  for (const service of checked.services) checkService(service, checked);
}
