import { keys, placementCodec, type HostId, type InstanceId, type Placement } from '@nap/shared';
import type { Snapshot, StoreKey } from '@nap/shared/store';
import { aPlacement } from '../testing/builders.js';
import { confirmStart } from './confirm-start.js';

const host = 'host-a' as HostId;
const instance = 'shop.db.1' as InstanceId;
const { signal } = new AbortController();

function confirm(
  stopAfterMs: number | undefined,
  there: readonly StoreKey[],
  { isOwn = true, wanted: now = 'running' }: { isOwn?: boolean; wanted?: Placement['wanted'] } = {},
): Promise<void> {
  const placement = { stopAfterMs } as Placement;
  const value = placementCodec.encode(aPlacement(instance, { wanted: now }));
  return confirmStart(
    {
      host,
      isOwnSession: () => isOwn,
      store: {
        snapshot: async (wanted) => {
          const found = wanted.filter((key) => there.includes(key));
          const entries = new Map(found.map((key) => [key, { key, value }]));
          return Promise.resolve({ revision: 7n, entries } as unknown as Snapshot);
        },
      },
      placements: {
        current: () => ({
          ...{ placements: new Map([[instance, placement]]), unreadable: new Set() },
          doubted: new Set(),
          ...{ cluster: 'c', isFresh: true },
        }),
      },
    },
    instance,
    signal,
  );
}

const placed = keys.placement(host, instance);
const registered = keys.hostSession(host);

it('asks nothing for what may run twice', async () => {
  await expect(confirm(undefined, [])).resolves.toBeUndefined();
});

it('starts what must not run twice while the host is registered and the instance placed on it', async () => {
  await expect(confirm(30_000, [placed, registered])).resolves.toBeUndefined();
});

it.each([
  ['placed elsewhere', [registered]],
  ['not registered', [placed]],
])('does not start it where it is %s', async (_what, there) => {
  await expect(confirm(30_000, there)).rejects.toMatchObject({ code: 'CONFLICT' });
});

it('does not start it where a copy of this machine is registered instead', async () => {
  await expect(confirm(30_000, [placed, registered], { isOwn: false })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

it.each(['removed', 'stopped'] as const)(
  'does not start it where it is to be %s by now',
  async (wanted) => {
    await expect(confirm(30_000, [placed, registered], { wanted })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  },
);
