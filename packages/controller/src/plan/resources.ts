import { memoryText, type HostInfo, type Reserves, type Units } from '@nap/shared';
import { unitText } from './units.js';

/** CPUs and memory as whole numbers: sums of them are exact, in whatever order they are made. */
export interface Resources {
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  /** By kind, such as `gpu`; absent: none. */
  readonly units?: Units;
}

export const NOTHING: Resources = { nanoCpus: 0, memoryBytes: 0 };

const NANO = 1e9;

export function resourcesOf(reserves: Reserves | undefined): Resources {
  if (reserves === undefined) return NOTHING;
  const { cpus = 0, memoryBytes = 0, resources: units } = reserves;
  return { ...cpusAndMemory(cpus, memoryBytes), ...(units === undefined ? {} : { units }) };
}

export const nanoCpusOf = (cpus = 0): number => Math.round(cpus * NANO);

function cpusAndMemory(cpus: number, memoryBytes: number): Resources {
  return { nanoCpus: nanoCpusOf(cpus), memoryBytes };
}

/** Undefined while nobody knows: no agent has registered the host. What it has in units is `unitsOf`'s. */
export function capacityOf(info: HostInfo | undefined): Resources | undefined {
  return info === undefined
    ? undefined
    : cpusAndMemory(info.capacity.cpus, info.capacity.memoryBytes);
}

export function cpusText(nanoCpus: number): string {
  return `${nanoCpus / NANO} ${nanoCpus === NANO ? 'CPU' : 'CPUs'}`;
}

/** `2 GiB of memory, 0.5 CPUs and 1 gpu`; empty when it is nothing. */
export function needsText({ nanoCpus, memoryBytes, units = {} }: Resources): string {
  const parts = [
    ...(memoryBytes > 0 ? [`${memoryText(memoryBytes, Math.ceil)} of memory`] : []),
    ...(nanoCpus > 0 ? [cpusText(nanoCpus)] : []),
    ...Object.entries(units).map(([kind, amount]) => unitText(kind, amount)),
  ];
  const last = parts.slice(-1);
  return [...(parts.length > 1 ? [parts.slice(0, -1).join(', ')] : []), ...last].join(' and ');
}
