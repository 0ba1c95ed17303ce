import type { ContainerSpec, HostInfo, Units } from '@nap/shared';

/** What a host has in whole numbers and lends to one instance at a time: GPUs, and whatever else its agent says that it has. */

/** How much of each kind instances hold. */
export class UnitTally {
  readonly #held = new Map<string, { readonly count: number; readonly wholes: number }>();

  add(units: Units, by: 1 | -1): void {
    for (const [kind, amount] of Object.entries(units)) {
      const { count, wholes } = this.#held.get(kind) ?? { count: 0, wholes: 0 };
      const held =
        amount === 'all' ? { count, wholes: wholes + by } : { count: count + by * amount, wholes };
      this.#held.set(kind, held);
    }
  }

  copy(): UnitTally {
    const copy = new UnitTally();
    for (const [kind, held] of this.#held) copy.#held.set(kind, held);
    return copy;
  }

  /** Of the `total` that the host has. Who holds all leaves none, also to another that wants all. */
  free(kind: string, total: number): number {
    const { count, wholes } = this.#held.get(kind) ?? { count: 0, wholes: 0 };
    return wholes > 0 ? 0 : Math.max(0, total - count);
  }
}

/** What a host has; undefined while nobody knows: no agent has said so, or one that does not count such things. */
export function unitsOf(info: HostInfo | undefined): Readonly<Record<string, number>> | undefined {
  return info?.capacity.resources;
}

/** `2 gpu`, `every gpu of a host` */
export function unitText(kind: string, amount: number | 'all'): string {
  return amount === 'all' ? `every ${kind} of a host` : `${amount} ${kind}`;
}

export function addUnits(a: Units | undefined, b: Units | undefined): Units | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const sum = { ...a };
  for (const [kind, amount] of Object.entries(b)) {
    const before = sum[kind] ?? 0;
    sum[kind] = before === 'all' || amount === 'all' ? 'all' : before + amount;
  }
  return sum;
}

/** So many a host must have for the service at all, whoever else uses them. */
export function leastUnits(
  { deviceRequests = [] }: Pick<ContainerSpec, 'deviceRequests'>,
  reserved: Units = {},
): Readonly<Record<string, number>> {
  const least: Record<string, number> = {};
  const atLeast = (kind: string, count: number): void => {
    least[kind] = Math.max(least[kind] ?? 0, count);
  };
  for (const { capabilities = [], count = -1, deviceIds } of deviceRequests) {
    if (!capabilities.some((them) => them.includes('gpu'))) continue;
    atLeast('gpu', deviceIds?.length ?? (count < 0 ? 1 : count));
  }
  for (const [kind, amount] of Object.entries(reserved)) {
    atLeast(kind, amount === 'all' ? 1 : amount);
  }
  return least;
}
