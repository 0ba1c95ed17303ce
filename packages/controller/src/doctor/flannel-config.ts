import {
  formatCidr,
  parseAddress,
  parseCidr,
  sizeOf,
  type Cidr,
  type LeasedEntry,
} from '@nap/shared';

/** flannel's config as flanneld reads it: keys in any case. */
export interface FlannelConfig {
  readonly network: Cidr;
  readonly subnetBits: number;
  /** Subnets that can be leased. */
  readonly subnets: number;
  /** In lower case; undefined where the config names none. */
  readonly backend: string | undefined;
}

export interface FlannelLease {
  readonly subnet: Cidr;
  readonly publicIp: string;
  /** `udp` says nothing of itself. */
  readonly backend: string | undefined;
  readonly vni: number | undefined;
  readonly lease: LeasedEntry['lease'];
}

function object(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? lowered(parsed) : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const lowered = (value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).map(([key, it]) => [key.toLowerCase(), it]));

const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** The config, or a sentence that says what is wrong with it. */
export function parseFlannelConfig(text: string): FlannelConfig | string {
  const config = object(text);
  if (config === undefined) return 'it is no JSON object';
  if (config['enableipv4'] === false) return 'EnableIPv4 is false: nap needs IPv4 between hosts';
  const network = parseCidr(textIn(config['network']) ?? '');
  if (network === undefined) return 'Network is missing, or no network such as 10.4.0.0/16';
  const length = config['subnetlen'];
  const subnetBits = typeof length === 'number' ? length : defaultBits(network);
  if (subnetBits < network.bits + 2 || subnetBits > 30) {
    return `SubnetLen ${subnetBits} does not fit Network ${formatCidr(network)}: from ${network.bits + 2} to 30`;
  }
  const subnets = countOf(config, network, subnetBits);
  if (subnets === undefined) {
    return `SubnetMin and SubnetMax are not the first addresses of /${subnetBits} networks in ${formatCidr(network)}`;
  }
  const given = config['backend'];
  const backend = isObject(given) ? textIn(lowered(given)['type'])?.toLowerCase() : undefined;
  if (given !== undefined && backend === undefined) return 'Backend has no Type';
  return { network, subnetBits, subnets, backend };
}

const defaultBits = ({ bits }: Cidr): number => (bits <= 22 ? 24 : bits + 2);

/** How many subnets there are from SubnetMin to SubnetMax; undefined where these are none. */
function countOf(
  config: Readonly<Record<string, unknown>>,
  network: Cidr,
  bits: number,
): number | undefined {
  const size = 2 ** (32 - bits);
  const first = limit(config['subnetmin'], network.base + size);
  const last = limit(config['subnetmax'], network.base + sizeOf(network) - size);
  const isSubnet = (address: number): boolean =>
    address % size === 0 && address >= network.base && address < network.base + sizeOf(network);
  return isSubnet(first) && isSubnet(last) && last >= first ? (last - first) / size + 1 : undefined;
}

const limit = (value: unknown, otherwise: number): number => {
  const text = textIn(value);
  return text === undefined ? otherwise : (parseAddress(text) ?? -1);
};

/** Leases as flannel reads them: what it cannot read it passes over. */
export function parseFlannelLeases(entries: readonly LeasedEntry[]): readonly FlannelLease[] {
  return entries.flatMap(({ key, value, lease }) => {
    const [, address, bits] = /(\d+\.\d+\.\d+\.\d+)-(\d+)/.exec(key) ?? [];
    const subnet = parseCidr(`${address ?? ''}/${bits ?? ''}`);
    const parsed = object(value);
    const publicIp = textIn(parsed?.['publicip']);
    if (subnet === undefined || parsed === undefined || publicIp === undefined) return [];
    const data = isObject(parsed['backenddata']) ? lowered(parsed['backenddata']) : {};
    const vni = data['vni'];
    const backend = textIn(parsed['backendtype'])?.toLowerCase();
    return [
      {
        ...{ subnet, publicIp, lease },
        backend: backend === '' ? undefined : backend,
        vni: typeof vni === 'number' ? vni : undefined,
      },
    ];
  });
}
