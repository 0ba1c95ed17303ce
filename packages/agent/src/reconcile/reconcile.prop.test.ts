import fc from 'fast-check';
import type { Placement } from '@nap/shared';
import {
  aContainer,
  aPlacement,
  aRecord,
  CLUSTER,
  created,
  exited,
  NOW_MS,
  reconciled,
  up,
  type Scene,
} from '../testing/builders.js';
import { newMemory, type InstanceMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { Step } from './step.js';

const INSTANCES = ['shop.web.1', 'shop.web.2', 'shop.db.1'] as const;
const instance = fc.constantFrom(...INSTANCES);
const version = fc.constantFrom('1', '2', '3');
const cluster = fc.constantFrom(CLUSTER, 'former');
const run = fc.constantFrom(created, up(), up({ health: 'starting' }), exited(0), exited(1), {
  state: 'dead' as const,
});
const placed = (name: string, environment: string, over: Partial<Placement> = {}): Placement =>
  aPlacement(name, over, {
    environment: { V: environment },
    mounts: [{ type: 'volume', name: 'data', target: '/data' }],
  });

const placement = fc
  .record({
    name: instance,
    version,
    wanted: fc.constantFrom('running' as const, 'running' as const, 'removed' as const),
    removeVolumes: fc.boolean(),
    needsDb: fc.boolean(),
  })
  .map(({ name, needsDb, version: at, ...over }) =>
    placed(name, at, {
      ...over,
      dependencies: needsDb
        ? [
            {
              service: aRecord('shop.db.1').service,
              condition: 'healthy',
              required: true,
              instances: 1,
            },
          ]
        : [],
    }),
  );

const container = (at: number): fc.Arbitrary<ObservedContainer> =>
  fc
    .record({ name: instance, version, cluster, run })
    .map(({ name, version: of, ...over }) =>
      aContainer(placed(name, of), { ...over, id: `${at}`.repeat(64), name: `c${at}` }),
    );

const memoryOf = (placements: readonly Placement[]): fc.Arbitrary<Record<string, InstanceMemory>> =>
  fc
    .array(
      fc.record({
        retryInMs: fc.constantFrom(undefined, -1_000, 1_000),
        completed: fc.boolean(),
      }),
      { minLength: placements.length, maxLength: placements.length },
    )
    .map((all) =>
      Object.fromEntries(
        placements.map((it, at) => {
          const { retryInMs, completed } = all[at] ?? {};
          const memory: InstanceMemory = {
            ...newMemory(it.specHash),
            ...(retryInMs === undefined ? {} : { retryAtMs: NOW_MS + retryInMs }),
            ...(completed === true ? { completedAtMs: NOW_MS } : {}),
          };
          return [it.instance, memory];
        }),
      ),
    );

const scene: fc.Arbitrary<Scene & { containers: readonly ObservedContainer[] }> = fc
  .uniqueArray(placement, { maxLength: 3, selector: (it) => it.instance })
  .chain((placements) =>
    fc.record({
      placements: fc.constant(placements),
      memory: memoryOf(placements),
      containers: fc
        .tuple(...[1, 2, 3, 4, 5].map((at) => fc.option(container(at))))
        .map((all) => all.filter((it) => it !== null)),
      desired: fc.record({
        isFresh: fc.boolean(),
        cluster: fc.constantFrom(CLUSTER, CLUSTER, undefined),
      }),
      names: fc.constantFrom([], [aRecord('shop.db.1')]),
      images: fc.constantFrom(new Set<string>(), new Set(['box'])),
    }),
  );

const TAKES_AWAY = ['withdraw-name', 'stop', 'remove', 'rename', 'remove-volume', 'forget'];
const stepsOf = (given: Scene): readonly Step[] =>
  reconciled(given).chains.flatMap((chain) => chain.steps);
const check = (
  property: (given: Scene & { containers: readonly ObservedContainer[] }) => void,
): void => {
  fc.assert(fc.property(scene, property), { numRuns: 1_000 });
};

describe('whatever is placed and observed', () => {
  it('without proof that the placements are current nothing is taken away', () => {
    check((given) => {
      const steps = stepsOf({ ...given, desired: { ...given.desired, isFresh: false } });
      expect(steps.filter((step) => TAKES_AWAY.includes(step.kind))).toEqual([]);
    });
  });

  it('a container without placement goes only when it is of the same cluster', () => {
    check((given) => {
      const placedHere = new Set(given.placements?.map((it) => it.instance));
      for (const step of stepsOf(given)) {
        if (!('container' in step) || placedHere.has(step.instance)) continue;
        const target = given.containers.find(({ id }) => id === step.container);
        expect(target?.cluster).toBe(given.desired?.cluster);
      }
    });
  });

  it('a running container loses its name before it is stopped, and is stopped before it is removed', () => {
    check((given) => {
      const steps = stepsOf(given);
      for (const { id, run: state, instance: of } of given.containers) {
        const kinds = steps
          .filter((step) => 'container' in step && step.container === id)
          .map((step) => step.kind);
        if (!kinds.includes('remove') || state.state !== 'running') continue;
        const current = given.placements?.find((it) => it.instance === of);
        // A leftover with the same spec beside the one that counts: the name is that one's.
        const isLeftover = current !== undefined && kinds[0] === 'stop';
        expect(kinds).toEqual(
          isLeftover ? ['stop', 'remove'] : ['withdraw-name', 'stop', 'remove'],
        );
      }
    });
  });

  it('a running container with the wanted spec is left alone, unless another one has it too', () => {
    check((given) => {
      const steps = stepsOf(given);
      for (const it of given.placements ?? []) {
        if (it.wanted !== 'running') continue;
        const fitting = given.containers.filter(
          (found) =>
            found.instance === it.instance &&
            found.specHash === it.specHash &&
            found.run.state === 'running',
        );
        const stopped = steps.filter(
          (step) => step.kind === 'stop' && fitting.some(({ id }) => id === step.container),
        );
        const mostStops = given.desired?.isFresh === true ? fitting.length - 1 : 0;
        expect(stopped.length).toBeLessThanOrEqual(Math.max(0, mostStops));
      }
    });
  });

  it('volumes go only when a wanted removal asks for it', () => {
    check((given) => {
      for (const step of stepsOf(given)) {
        if (step.kind !== 'remove-volume') continue;
        const asked = given.placements?.find((it) => it.instance === step.instance);
        expect(asked).toMatchObject({ wanted: 'removed', removeVolumes: true });
      }
    });
  });

  it('the answer is always the same', () => {
    check((given) => {
      expect(reconciled(given)).toEqual(reconciled(given));
    });
  });

  it('every placement has a situation, or is looked at again', () => {
    check((given) => {
      const { situations, wakeAtMs } = reconciled(given);
      for (const it of given.placements ?? []) {
        if (!situations.has(it.instance) && given.desired?.cluster !== undefined) {
          expect(wakeAtMs).toBeDefined();
        }
      }
    });
  });
});
