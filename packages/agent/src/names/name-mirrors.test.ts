import { projectName } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { ManualClock, MemoryStore } from '@nap/shared/testing';
import { aRecord, HOST } from '../testing/builders.js';
import { NameMirrors } from './name-mirrors.js';

const shop = projectName('shop');
const remembered = aRecord('shop.db.1');

let clock: ManualClock;

function mirrors(): NameMirrors {
  clock = new ManualClock();
  const store = new MemoryStore({ clock });
  store.disconnect();
  return new NameMirrors({
    ...{ store, clock, host: HOST, log: silentLog },
    cache: [remembered],
    leaseTtlMs: 10_000,
    onChange: () => undefined,
    isTrusted: () => true,
  });
}

it('serves what was remembered while etcd has not answered', () => {
  const names = mirrors();
  names.follow(new Set([shop]));
  expect(names.get(shop)).toMatchObject({ records: [remembered], isFresh: false });
});

it('does not serve it to a project that comes back after it was gone', () => {
  const names = mirrors();
  names.follow(new Set([shop]));
  names.follow(new Set());
  names.follow(new Set([shop]));
  expect(names.get(shop).records).toEqual([]);
});

it('nor to one that was not there when the agent began to look', () => {
  const names = mirrors();
  names.follow(new Set());
  names.follow(new Set([shop]));
  expect(names.get(shop).records).toEqual([]);
});

it.each([-3_600_000, 3_600_000])(
  'doubts the records of others for the time of a lease, also where the clock is set by %i ms',
  (byMs) => {
    const names = mirrors();
    names.follow(new Set([shop]));
    clock.setWallClock(clock.nowMs() + byMs);
    clock.jump(4_000);
    expect([...names.doubtful()]).toEqual([[remembered.instance, clock.nowMs() + 6_000]]);
    clock.jump(6_000);
    expect(names.doubtful().size).toBe(0);
  },
);
