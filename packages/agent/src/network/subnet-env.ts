import { parseCidr, type Cidr } from './cidr.js';

/** What flannel says about this host, from the file that it writes at its start. */
export interface FlannelSubnet {
  /** Of all hosts, such as 10.4.0.0/16. */
  readonly network?: Cidr;
  /** Of this host's containers. */
  readonly subnet: Cidr;
  /** The address in it that is meant for the bridge: the lease's first. */
  readonly gateway: string;
  readonly mtu?: number;
  /** flanneld masquerades, so the engine must not. */
  readonly isMasquerading: boolean;
}

const LINE = /^\s*(?:export\s+)?([A-Z0-9_]+)=["']?([^"'#]*?)["']?\s*$/;

/** Tolerant: some distributions quote, reorder, or add variables of their own. Undefined without a usable subnet. */
export function parseSubnetEnv(text: string): FlannelSubnet | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = LINE.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  const address = values.get('FLANNEL_SUBNET') ?? '';
  const subnet = parseCidr(address);
  if (subnet === undefined) return undefined;
  const network = parseCidr(values.get('FLANNEL_NETWORK') ?? '');
  const mtu = Number(values.get('FLANNEL_MTU'));
  return {
    ...(network === undefined ? {} : { network }),
    subnet,
    gateway: address.replace(/\/.*$/, ''),
    ...(Number.isInteger(mtu) && mtu > 0 ? { mtu } : {}),
    isMasquerading: values.get('FLANNEL_IPMASQ') === 'true',
  };
}
