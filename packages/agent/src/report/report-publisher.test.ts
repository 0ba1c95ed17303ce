import { keys, type Placement, type Report } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { MemoryEtcd, MemoryStore, ManualClock } from '@nap/shared/testing';
import { aDesired, aPlacement, HOST } from '../testing/builders.js';
import { ReportPublisher } from './report-publisher.js';

const placements = [1, 2, 3].map((at) => aPlacement(`shop.web.${at}`));

const reportOn = ({ instance, specHash }: Placement): Report => ({
  ...{ instance, specHash, host: HOST, restarts: 0, message: 'is being made', atMs: 1 },
  status: { state: 'pending' },
});

it('what was reported of all that is placed here is asked for at once, before the first report', async () => {
  const store = new MemoryStore({ etcd: new MemoryEtcd(new ManualClock()) });
  const asked: (readonly string[])[] = [];
  const said: Report[] = [];
  const publisher = new ReportPublisher({
    store: {
      commit: (writes, options) => store.commit(writes, { ...options, guards: [] }),
      snapshot: (prefixes) => {
        asked.push(prefixes);
        return store.snapshot(prefixes);
      },
    },
    placements: { current: () => aDesired(placements), revisionOf: () => 1n },
    placementKey: (instance) => keys.placement(HOST, instance),
    reports: () => said,
    log: silentLog,
  });
  const { signal } = new AbortController();
  await publisher.publish(signal);
  expect(asked).toEqual([]);
  for (const placement of placements) {
    said.push(reportOn(placement));
    await publisher.publish(signal);
  }
  expect(asked).toEqual([placements.map(({ instance }) => keys.report(instance))]);
  expect(await store.keys([keys.reports()])).toHaveLength(3);
  await store.close();
});
