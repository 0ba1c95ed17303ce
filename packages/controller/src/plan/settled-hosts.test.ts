import fc from 'fast-check';
import { keys, placementCodec, serviceName, type Project } from '@nap/shared';
import { anyProject, changeHosts, emptyCluster, HOSTS } from '../testing/any-cluster.js';
import { containerOf, FakeCluster, mounting, project, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import { DocumentCache } from './document-cache.js';
import { planProject } from './plan-project.js';

const context = { appliedBy: 'a', files: [], nowMs: 1 };

/** Services beside those of `anyProject` that are bound to a volume, or to one of those. */
const bound = fc.subarray([
  service('store', { ...mounting('data'), replicas: 2 }),
  service('reader', mounting('data')),
  service('beside', { container: containerOf({ network: { service: serviceName('agent') } }) }),
  service('sidecar', {
    container: containerOf({ network: { service: serviceName('web') } }),
    replicas: 2,
  }),
]);

const anyBound: fc.Arbitrary<Project> = fc
  .tuple(anyProject, bound)
  .map(([{ services }, more]) => project(...services, ...more));

const anyStep = fc.record({
  /** Which of two projects is planned. */
  at: fc.nat(1),
  host: fc.nat(HOSTS.length - 1),
  state: fc.constantFrom('active', 'active', 'paused', 'draining', 'away'),
  disk: fc.constantFrom('ssd', 'ssd', 'hdd'),
  mishap: fc.constantFrom('none', 'none', 'lost', 'doubled'),
  which: fc.nat(),
});

type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const states = HOSTS.map(() => 'active');
const labels = HOSTS.map(() => 'ssd');

/** What an interrupted move, or an operator with etcdctl, leaves behind. */
function befall({ entries, view }: FakeCluster, { mishap, which, host }: Step): void {
  const placement = view.placements[which % Math.max(1, view.placements.length)];
  const to = [...view.hosts.keys()][host];
  if (placement === undefined || to === undefined) return;
  if (mishap === 'lost') entries.delete(keys.placement(placement.host, placement.instance));
  if (mishap === 'doubled') {
    const there = placementCodec.encode({ ...placement, host: to });
    entries.set(keys.placement(to, placement.instance), there);
  }
}

function copyOf({ entries }: FakeCluster): FakeCluster {
  const copy = new FakeCluster();
  for (const [key, value] of entries) copy.entries.set(key, value);
  return copy;
}

it('what was found in its place and not looked at again makes no plan another one', () => {
  fc.assert(
    fc.property(
      fc.tuple(anyBound, anyBound),
      fc.array(anyStep, { minLength: 2, maxLength: 12 }),
      (projects, steps) => {
        const documents = new DocumentCache();
        const cluster = emptyCluster();
        const [now, disks] = [[...states], [...labels]];
        const seen: { before: FakeCluster; wanted: Project; plan: Plan }[] = [];
        for (const step of steps) {
          [now[step.host], disks[step.host]] = [step.state, step.disk];
          changeHosts(cluster, { labels: disks, states: now });
          befall(cluster, step);
          const wanted = projects[step.at];
          if (wanted === undefined) continue;
          const before = copyOf(cluster);
          const plan = planProject(cluster.viewWith(documents), wanted, context);
          seen.push({ before, wanted, plan });
          if (plan.unplaced.length === 0) cluster.commit(plan);
        }
        for (const { before, wanted, plan } of seen) {
          expect(plan).toEqual(planProject(before.view, structuredClone(wanted), context));
        }
      },
    ),
    { numRuns: 150 },
  );
});
