import { asNumber } from '../carry/values.js';
import type { Findings } from '../findings.js';
import { child, keyPath, type Node } from '../node.js';
import type { Checked, CheckedService } from './check.js';

/** Keys that say one thing in two places: of old files, and of `deploy.resources`. */
const TWINS = {
  cpus: 'limits.cpus',
  mem_limit: 'limits.memory',
  pids_limit: 'limits.pids',
  mem_reservation: 'reservations.memory',
} as const;

const RESOURCES = 'deploy.resources';

function at(node: Node | undefined, path: string): Node | undefined {
  return path.split('.').reduce<Node | undefined>((inner, key) => child(inner, key), node);
}

interface Setting {
  readonly key: string;
  readonly value: number;
  readonly node: Node;
}

/** The first of some keys that has a value other than 0, which asks for nothing. */
function settingOf(service: Node, ...keys: readonly string[]): Setting | undefined {
  for (const key of keys) {
    const node = at(service, key);
    const value = node === undefined ? undefined : asNumber(node);
    if (node !== undefined && value !== undefined && value !== 0) return { key, value, node };
  }
  return undefined;
}

function checkTwins({ node, path }: CheckedService, { findings }: Checked): void {
  for (const [key, twin] of Object.entries(TWINS)) {
    const one = settingOf(node, key);
    const other = settingOf(node, `${RESOURCES}.${twin}`);
    if (one === undefined || other === undefined || one.value === other.value) continue;
    const message = `${key} and ${other.key} differ: ${one.value} and ${other.value}`;
    findings.error(one.node.place, keyPath(path, key), message, 'keep one of them');
  }
}

/** linuxMinMemory of moby, of limits and of reservations: with less a container is not created. */
const LEAST_MEMORY_BYTES = 6 * 1024 * 1024;

function checkLeast(
  { path }: CheckedService,
  setting: Setting | undefined,
  findings: Findings,
): void {
  if (setting === undefined || setting.value >= LEAST_MEMORY_BYTES) return;
  const message = `${setting.value} bytes are less than the 6 MiB that the engine needs`;
  const hint = 'write it with a unit, such as 64m: without one it is in bytes';
  findings.error(setting.node.place, keyPath(path, setting.key), message, hint);
}

/** What the engine would refuse when the container is created. */
function checkMemory(service: CheckedService, { findings }: Checked): void {
  const { node, path } = service;
  const limit = settingOf(node, 'mem_limit', `${RESOURCES}.limits.memory`);
  const reserved = settingOf(node, 'mem_reservation', `${RESOURCES}.reservations.memory`);
  const swap = settingOf(node, 'memswap_limit');
  for (const setting of [limit, reserved]) checkLeast(service, setting, findings);
  if (limit !== undefined && reserved !== undefined && reserved.value > limit.value) {
    const message = `reserves ${reserved.value} bytes, more than the limit of ${limit.value}`;
    findings.error(reserved.node.place, keyPath(path, reserved.key), message);
  }
  if (swap === undefined || swap.value < 0) return;
  const place = swap.node.place;
  if (limit === undefined) {
    const message = 'memory and swap together are limited, and memory alone is not';
    findings.error(place, keyPath(path, swap.key), message, 'add mem_limit');
  } else if (swap.value < limit.value) {
    const message = `memory and swap together are less than the limit of memory, ${limit.value}`;
    findings.error(place, keyPath(path, swap.key), message, 'raise it, or use -1 for no limit');
  }
}

function checkCpus({ node, path }: CheckedService, { findings }: Checked): void {
  const cpus = settingOf(node, 'cpus', `${RESOURCES}.limits.cpus`);
  const other = settingOf(node, 'cpu_period', 'cpu_quota');
  if (cpus === undefined || other === undefined) return;
  const message = `${cpus.key} and ${other.key} say the same in two ways`;
  findings.error(other.node.place, keyPath(path, other.key), message, 'keep one of them');
}

function checkSwappiness({ node, path }: CheckedService, { findings }: Checked): void {
  const swappiness = settingOf(node, 'mem_swappiness');
  if (swappiness === undefined || (swappiness.value > 0 && swappiness.value <= 100)) return;
  const message = `must be from 0 to 100, and is ${swappiness.value}`;
  findings.error(swappiness.node.place, keyPath(path, swappiness.key), message);
}

/** Limits fit together, whichever of the two ways they are written in. */
export function checkResources(checked: Checked): void {
  for (const service of checked.services) {
    checkTwins(service, checked);
    checkMemory(service, checked);
    checkCpus(service, checked);
    checkSwappiness(service, checked);
  }
}
