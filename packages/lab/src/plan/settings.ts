/** What a person chooses about a lab, and the file in which a running lab remembers it. */
import { LabError } from '../errors.js';
import { HOSTS_MAX } from './addresses.js';

export const NETS = ['host-gw', 'vxlan'] as const;
export const BRIDGES = ['docker0', 'nap'] as const;
export const ETCD_SIZES = [1, 3] as const;

export interface LabSettings {
  /** How many hosts, 1 to 26. */
  readonly hosts: number;
  /** How many etcd members. */
  readonly etcd: (typeof ETCD_SIZES)[number];
  /** How container traffic crosses hosts, in flannel's words. */
  readonly net: (typeof NETS)[number];
  /**
   * `docker0`: dockerd is configured with flannel's subnet. `nap`: dockerd is left alone at 172.17.0.0/16, and
   * nap-agent makes a bridge network of its own on flannel's subnet.
   */
  readonly bridge: (typeof BRIDGES)[number];
  /** Whether nap-agent is installed and started on every host. */
  readonly agents: boolean;
  /** MiB of the disk of each engine, which can then be filled; 0: the engines use the machine's own. */
  readonly disk: number;
}

export const DEFAULT_SETTINGS: LabSettings = {
  hosts: 3,
  etcd: 1,
  net: 'host-gw',
  bridge: 'docker0',
  agents: true,
  disk: 0,
};

/** Less is no disk for an engine; more than anybody fills. */
const DISK_MIN_MIB = 256;
const DISK_MAX_MIB = 65_536;

/** Fills in the defaults; throws LabError for a value that no lab can have. */
export function toSettings(choices: Partial<LabSettings>): LabSettings {
  const settings = { ...DEFAULT_SETTINGS, ...choices };
  if (!Number.isInteger(settings.hosts) || settings.hosts < 1 || settings.hosts > HOSTS_MAX) {
    throw new LabError(`a lab of ${settings.hosts} hosts is not possible`, {
      hint: `choose 1 to ${HOSTS_MAX}`,
    });
  }
  const isDisk = settings.disk >= DISK_MIN_MIB && settings.disk <= DISK_MAX_MIB;
  if (settings.disk !== 0 && !isDisk) {
    throw new LabError(`engines cannot have a disk of ${settings.disk} MiB`, {
      hint: `choose ${DISK_MIN_MIB} to ${DISK_MAX_MIB}, or 0 for the machine's own`,
    });
  }
  oneOf('etcd', settings.etcd, ETCD_SIZES);
  oneOf('net', settings.net, NETS);
  oneOf('bridge', settings.bridge, BRIDGES);
  return settings;
}

/** The lab that is up, as its state file records it. */
export interface LabRecord {
  readonly settings: LabSettings;
  /** The machine's boot: after another one nothing of the lab is left but its files. */
  readonly bootId: string;
}

export function formatRecord(record: LabRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** Reads what formatRecord wrote; throws LabError for anything else, e.g. a file cut short by a full disk. */
export function parseRecord(text: string): LabRecord {
  try {
    const { settings, bootId } = JSON.parse(text) as Partial<LabRecord>;
    if (settings !== undefined && typeof bootId === 'string') {
      return { settings: toSettings(settings), bootId };
    }
  } catch (cause) {
    throw new LabError('the record of the lab cannot be read', { hint: REMOVE_HINT, cause });
  }
  throw new LabError('the record of the lab is incomplete', { hint: REMOVE_HINT });
}

const REMOVE_HINT = 'remove what is left of it: nap-lab down';

/** What differs between two settings, for a person: `hosts 3 -> 4, net host-gw -> vxlan`; empty when nothing does. */
export function settingsDiff(from: LabSettings, to: LabSettings): string {
  const names = Object.keys(DEFAULT_SETTINGS) as (keyof LabSettings)[];
  return names
    .filter((name) => from[name] !== to[name])
    .map((name) => `${name} ${from[name]} -> ${to[name]}`)
    .join(', ');
}

function oneOf<T>(name: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new LabError(`${name} cannot be ${String(value)}`, {
      hint: `choose ${allowed.join(' or ')}`,
    });
  }
}
