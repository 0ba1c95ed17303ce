import type { PortSpec } from '@nap/shared';
import { parsePortRange } from '../canonicalise/ports.js';
import { itemsOf, numberAt, textAt, textsOf, type Node } from '../node.js';
import { present } from './values.js';

function portOf(node: Node): PortSpec {
  const published = textAt(node, 'published');
  const protocol = textAt(node, 'protocol');
  return present<PortSpec>({
    target: numberAt(node, 'target') ?? 0,
    published: published === undefined ? undefined : parsePortRange(published),
    hostIp: textAt(node, 'host_ip'),
    protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
  });
}

export function portsOf(value: Node): PortSpec[] {
  return itemsOf(value).map(portOf);
}

export function exposedOf(value: Node): string[] {
  return textsOf(value).map((port) => (port.includes('/') ? port.toLowerCase() : `${port}/tcp`));
}
