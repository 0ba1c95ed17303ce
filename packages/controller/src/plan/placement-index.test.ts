import fc from 'fast-check';
import { hostId, instanceId, type Placement } from '@nap/shared';
import { FakeCluster, project, service } from '../testing/builders.js';
import { byInstance } from './placement-changes.js';
import { PlacementIndex } from './placement-index.js';
import { planProject } from './plan-project.js';

/** Twelve places of two projects on three hosts; `version` makes another document of the same place. */
function placements(
  plain: Placement,
  chosen: readonly (readonly [place: number, version: number])[],
): Placement[] {
  return chosen.map(([place, version]) => known(plain, place % 12, version)).sort(byInstance);
}

const documents = new Map<string, Placement>();

function known(plain: Placement, place: number, version: number): Placement {
  const key = `${place} ${version}`;
  const project = place % 2 === 0 ? 'shop' : 'wiki';
  const made = documents.get(key) ?? {
    ...plain,
    instance: instanceId(`${project}.web.${(place % 4) + 1}`),
    host: hostId(`host-${place % 3}`),
    reserves: { memoryBytes: version + 1, ...(place === 0 ? { resources: { gpu: 1 } } : {}) },
    spec: {
      ...plain.spec,
      containerName: version === 2 ? 'named' : `${project}-web-${(place % 4) + 1}`,
    },
  };
  documents.set(key, made);
  return made;
}

const anyList = fc.uniqueArray(fc.tuple(fc.nat(11), fc.nat(2)), { selector: ([place]) => place });

const allOf = (index: PlacementIndex): unknown => [
  [...index.byProject].sort(),
  [...index.byHost].sort(),
  [...index.totals].filter(([, { instances }]) => instances > 0).sort(),
  ['shop', 'wiki'].map((it) => index.places(it)),
  index.projectOfContainer,
];

it('an index that follows another is the one that would be made anew', () => {
  const cluster = new FakeCluster('host-0');
  const plan = planProject(cluster.view, project(service('web')), {
    appliedBy: 'a',
    files: [],
    nowMs: 0,
  });
  const [plain] = plan.changes.flatMap((it) => (it.kind === 'place' ? [it.placement] : []));
  fc.assert(
    fc.property(
      anyList,
      fc.array(fc.tuple(fc.nat(11), fc.nat(2)), { maxLength: 2 }),
      (list, edits) => {
        const before = new PlacementIndex(placements(plain!, list));
        allOf(before);
        const stems = before.plainStems;
        const places = new Map(list);
        for (const [place, version] of edits) {
          if (!places.delete(place)) places.set(place, version);
        }
        const after = placements(plain!, [...places]);
        const followed = before.follow(after);
        if (followed === undefined) return;
        const anew = new PlacementIndex(after);
        expect(allOf(followed)).toEqual(allOf(anew));
        // Of a service that is gone the stem may still be known.
        if (stems !== undefined && followed.plainStems !== undefined) {
          expect([...followed.plainStems]).toEqual(
            expect.arrayContaining([...(anew.plainStems ?? [])]),
          );
        }
        expect(followed.plainStems === undefined).toBe(anew.plainStems === undefined);
        for (const [host, there] of before.byHost) {
          const isSame = JSON.stringify(there) === JSON.stringify(followed.byHost.get(host));
          if (isSame) expect(followed.byHost.get(host)).toBe(there);
        }
      },
    ),
    { numRuns: 300 },
  );
});
