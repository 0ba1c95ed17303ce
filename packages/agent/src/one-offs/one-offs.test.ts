import { hostId, instanceId } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { ManualClock, MemoryStore } from '@nap/shared/testing';
import type { ObservedOneOff } from '../reconcile/one-off.js';
import { type Connection, OneOffs, type OneOffsParts } from './one-offs.js';

const oneOff: ObservedOneOff = {
  ...{ id: 'c1', name: 'shop-web-run-1', cluster: 'c', network: 'own', hostsPath: '' },
  instance: instanceId('shop.web-run-0123456789ab.1'),
  run: {
    ...{ state: 'running', startedAt: '2026-01-31T00:00:00Z', startedAtMs: 1 },
    ...{ health: 'none', isPaused: false },
  },
  ...{ seeds: [], stopGraceMs: 0, links: [], isRemovedAtEnd: false, hasTerminal: false },
};

describe('the one-offs of a host', () => {
  let clock: ManualClock;
  let found: ObservedOneOff[];
  let listings: number;
  let oneOffs: OneOffs;

  beforeEach(async () => {
    clock = new ManualClock();
    found = [];
    listings = 0;
    const port = {
      list: () => {
        listings += 1;
        return Promise.resolve([...found]);
      },
    };
    const store = new MemoryStore({ clock });
    oneOffs = new OneOffs({
      ...{ host: hostId('host-a'), store, clock, random: () => 0.5, log: silentLog },
      port: port as unknown as OneOffsParts['port'],
      docker: {} as unknown as OneOffsParts['docker'],
      pull: () => Promise.reject(new Error('nothing is to be pulled here')),
    });
    const agent = { resyncMs: 60_000, onChange: () => undefined };
    oneOffs.connect(agent as unknown as Connection);
    oneOffs.start(new AbortController().signal);
    await clock.advance(1_000);
    expect(listings).toBe(1);
  });
  afterEach(async () => {
    await oneOffs.stop();
  });

  it('are not looked for when names change and there are none', async () => {
    oneOffs.nudgeByStore();
    await clock.advance(1_000);
    expect(listings).toBe(1);
  });

  it('are looked for when the engine tells of one, and from then on when names change', async () => {
    found = [oneOff];
    oneOffs.nudge();
    await clock.advance(1_000);
    expect(oneOffs.instances).toEqual(new Set([oneOff.instance]));
    oneOffs.nudgeByStore();
    await clock.advance(1_000);
    expect(listings).toBe(3);
  });
});
