import { OWN_NETWORK, partnerOf } from '../canonicalise/namespaces.js';
import { child, entriesOf, textAt, type Node } from '../node.js';
import type { Checked, CheckedService } from './check.js';

/** What belongs to the owner of a network: the engine refuses it for a container that only shares one. */
const OF_THE_NETWORK = [
  'ports',
  'expose',
  'hostname',
  'dns',
  'extra_hosts',
  'links',
  'mac_address',
] as const;

function isGiven(node: Node | undefined): boolean {
  if (node?.kind === 'list') return node.items.length > 0;
  return node?.kind === 'map' ? node.entries.size > 0 : node !== undefined;
}

function checkShared(mode: string, { node, path }: CheckedService, { findings }: Checked): void {
  const partner = partnerOf(mode);
  const keys = partner === undefined ? [] : OF_THE_NETWORK;
  for (const key of keys) {
    const entry = node.entries.get(key);
    if (entry === undefined || !isGiven(entry.value)) continue;
    const message = `the service has the network of ${partner ?? ''}, to which ${key} belongs`;
    findings.error(entry.keyPlace, `${path}.${key}`, message, `move it to ${partner ?? ''}`);
  }
}

function checkNetwork(service: CheckedService, checked: Checked): void {
  const { node, path } = service;
  const mode = node.entries.get('network_mode');
  const written = textAt(node, 'network_mode') ?? '';
  if (mode === undefined || written === '') return;
  const networks = node.entries.get('networks');
  if (networks !== undefined && isGiven(networks.value)) {
    const message = 'a service has either a network_mode or networks';
    checked.findings.error(mode.keyPlace, `${path}.network_mode`, message, 'remove one of them');
  }
  checkShared(written, service, checked);
  if (partnerOf(written) !== undefined || OWN_NETWORK.includes(written)) return;
  const ports = node.entries.get('ports');
  if (ports !== undefined && isGiven(ports.value)) {
    const message = `nothing is published with network_mode: ${written}`;
    checked.findings.warning(ports.keyPlace, `${path}.ports`, message, 'remove the ports');
  }
  const address = node.entries.get('mac_address');
  if (address === undefined) return;
  const message = `network_mode: ${written} takes no address`;
  checked.findings.error(address.keyPlace, `${path}.mac_address`, message, 'remove it');
}

/** The engine lets others into an IPC namespace only where its owner says so. */
function checkIpc({ node, path }: CheckedService, { root, findings }: Checked): void {
  const partner = partnerOf(textAt(node, 'ipc') ?? '');
  if (partner === undefined) return;
  const owner = child(child(root, 'services'), partner);
  if (owner === undefined || /^(shareable|host)$/.test(textAt(owner, 'ipc') ?? '')) return;
  const place = child(node, 'ipc')?.place;
  const message = `${partner} does not share its IPC namespace`;
  findings.warning(place, `${path}.ipc`, message, `give ${partner} ipc: shareable`);
}

function checkHostname({ node, path }: CheckedService, { findings }: Checked): void {
  const hostname = node.entries.get('hostname');
  if (hostname === undefined || textAt(node, 'uts') !== 'host') return;
  const message = 'with uts: host the name is that of the host';
  findings.error(hostname.keyPlace, `${path}.hostname`, message, 'remove one of them');
}

function checkMacAddress({ node, path }: CheckedService, { findings }: Checked): void {
  const ofNetworks = entriesOf(child(node, 'networks')).map(([, { value }]) => value);
  const addresses = [node, ...ofNetworks].flatMap((owner) => {
    const text = textAt(owner, 'mac_address');
    return text === undefined ? [] : [{ text, place: child(owner, 'mac_address')?.place }];
  });
  const [first] = addresses;
  const other = addresses.find(({ text }) => text !== first?.text);
  if (first === undefined || other === undefined) return;
  const message = `a container of nap has one network, and here two addresses: ${first.text} and ${other.text}`;
  findings.error(other.place, `${path}.mac_address`, message, 'keep one of them');
}

/** Whatever containers share or have alone fits together, as the engine wants it. */
export function checkNamespaces(checked: Checked): void {
  for (const service of checked.services) {
    checkNetwork(service, checked);
    checkIpc(service, checked);
    checkHostname(service, checked);
    checkMacAddress(service, checked);
  }
}
