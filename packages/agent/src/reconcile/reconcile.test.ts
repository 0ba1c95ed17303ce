import { instanceId } from '@nap/shared';
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
import { chainsText } from './step-text.js';

const web = aPlacement('shop.web.1');
const web2 = aPlacement('shop.web.1', {}, { environment: { A: '2' } });
const id = aContainer(web).id.slice(0, 12);
const steps = (scene: Scene): string => chainsText(reconciled(scene).chains);
const situation = (scene: Scene, instance = 'shop.web.1'): unknown =>
  reconciled(scene).situations.get(instanceId(instance));

/** What is remembered after the container's run was judged. */
function remembered(over: Partial<InstanceMemory> = {}, placement = web): InstanceMemory {
  return { ...newMemory(placement.specHash), ...over };
}
const endedBy = (cause: 'itself' | 'taken-down' | 'interrupted', exitCode = 0) => ({
  containerId: aContainer(web).id,
  startedAt: exited().startedAt,
  cause,
  exitCode,
  finishedAtMs: exited().finishedAtMs,
});

describe('an instance that is to run', () => {
  it('is pulled when its image is missing', () => {
    expect(steps({ placements: [web], images: new Set() })).toBe(
      'shop.web.1: pull box (image-missing)',
    );
  });

  it('is created and started', () => {
    expect(steps({ placements: [web] })).toBe(
      [
        'shop.web.1: create shop-web-1 (not-created)',
        'shop.web.1: start shop-web-1 (not-created)',
      ].join('\n'),
    );
  });

  it('is left alone while it runs', () => {
    const scene = { placements: [web], containers: [aContainer(web)] };
    expect(steps(scene)).toBe('');
    expect(situation(scene)).toMatchObject({ kind: 'runs' });
  });

  describe('whose container is refused its address', () => {
    const refused = aContainer(web, { run: created });
    const fresh = aContainer(web, { id: 'fresh', name: 'shop-web-1.nap-x', run: created });
    const memory = { 'shop.web.1': remembered({ misaddressed: refused.id }) };

    it('gets another one, with the volumes that nobody else knows', () => {
      const volumes = [{ name: 'v', target: '/data', isAnonymous: true }];
      expect(steps({ placements: [web], containers: [{ ...refused, volumes }], memory })).toMatch(
        /^shop\.web\.1: create shop-web-1\.nap-\w+ with 1 inherited volume\(s\) \(address-refused\)$/,
      );
    });

    it('starts the other one, and takes the first away', () => {
      expect(steps({ placements: [web], containers: [refused, fresh], memory })).toBe(
        [
          `shop.web.1: remove ${id} (address-refused)`,
          'shop.web.1: rename fresh to shop-web-1 (name-differs)',
          'shop.web.1: start fresh (not-started)',
        ].join('\n'),
      );
    });

    it('is left alone when somebody got it to run after all', () => {
      expect(steps({ placements: [web], containers: [aContainer(web)], memory })).toBe('');
    });
  });

  it('is started when its container was only created', () => {
    const containers = [aContainer(web, { run: created })];
    expect(steps({ placements: [web], containers })).toBe(`shop.web.1: start ${id} (not-started)`);
  });

  it('is created again when its container was removed by hand, whatever its policy', () => {
    const once = aPlacement('shop.web.1', {}, { restart: { condition: 'no' } });
    const memory = { 'shop.web.1': remembered({ exit: endedBy('itself', 3) }, once) };
    expect(steps({ placements: [once], memory })).toContain('create shop-web-1 (not-created)');
  });

  it('is not looked at while its steps are under way', () => {
    expect(steps({ placements: [web], busy: new Set([web.instance]) })).toBe('');
  });

  it('fails, naming the holder, when another container has its name', () => {
    const scene = { placements: [web], foreignNames: new Map([['shop-web-1', 'f'.repeat(64)]]) };
    expect(steps(scene)).toBe('');
    expect(situation(scene)).toMatchObject({
      kind: 'failed',
      trouble: { cause: 'name-taken', message: expect.stringContaining('ffffffffffff') as string },
    });
  });
});

describe('a changed spec', () => {
  const old = aContainer(web);
  const next = aContainer(web2, { run: created, name: 'shop-web-1.nap-x', id: 'n'.repeat(64) });

  it('is pulled and created while the old container still runs', () => {
    expect(steps({ placements: [web2], containers: [old], images: new Set() })).toBe(
      'shop.web.1: pull box (image-missing)',
    );
    expect(steps({ placements: [web2], containers: [old] })).toMatch(
      /^shop\.web\.1: create shop-web-1\.nap-[0-9a-f]{8} \(spec-changed\)$/,
    );
  });

  it('replaces the old container with a short gap, its name withdrawn first', () => {
    expect(steps({ placements: [web2], containers: [old, next] })).toBe(
      [
        `shop.web.1: withdraw-name ${id} (spec-changed)`,
        `shop.web.1: stop ${id} (spec-changed)`,
        `shop.web.1: remove ${id} (spec-changed)`,
        'shop.web.1: rename nnnnnnnnnnnn to shop-web-1 (name-differs)',
        'shop.web.1: start nnnnnnnnnnnn (not-started)',
      ].join('\n'),
    );
  });

  it('inherits anonymous volumes and leaves named ones to the spec', () => {
    const volumes = [
      { name: 'e'.repeat(64), target: '/data', isAnonymous: true },
      { name: 'shop_db', target: '/db', isAnonymous: false },
    ];
    const { chains } = reconciled({ placements: [web2], containers: [{ ...old, volumes }] });
    expect(chains[0]?.steps[0]).toMatchObject({ kind: 'create', inherited: [volumes[0]] });
  });

  it.each([
    ['after the old one was removed', [next], /rename.*\n.*start/],
    [
      'after the new one was started',
      [aContainer(web2, { name: 'x.nap', run: up() })],
      /^.*rename/,
    ],
    [
      'after the old one was stopped',
      [{ ...old, run: exited(137) }, next],
      /^.*remove .*\n.*rename.*\n.*start/,
    ],
  ])('goes on where a crash has left it: %s', (_when, containers, expected) => {
    expect(steps({ placements: [web2], containers })).toMatch(expected);
  });

  it('waits for its dependencies while the old container runs on', () => {
    const dependencies = [
      { service: aRecord('shop.db.1').service, condition: 'healthy', required: true, instances: 1 },
    ] as const;
    const placement = { ...web2, dependencies: [...dependencies] };
    const scene = { placements: [placement], containers: [old] };
    expect(steps(scene)).toBe('');
    expect(situation(scene)).toMatchObject({
      kind: 'waits',
      reason: 'an older container still runs; its replacement waits for db to be healthy (0 of 1)',
    });
  });
});

describe('without fresh placements', () => {
  const desired = { isFresh: false };

  it('known instances are created and started', () => {
    expect(steps({ placements: [web], desired })).toContain('start shop-web-1');
  });

  it('nothing is replaced, removed or cleared away', () => {
    expect(steps({ placements: [web2], containers: [aContainer(web)], desired })).toBe('');
    expect(steps({ containers: [aContainer(web)], desired })).toBe('');
    const removed = { ...web, wanted: 'removed' as const };
    expect(steps({ placements: [removed], containers: [aContainer(web)], desired })).toBe('');
  });
});

describe('a container without placement', () => {
  it('is removed on proof, and keeps its volumes', () => {
    expect(steps({ containers: [aContainer(web)] })).toBe(
      [
        `shop.web.1: withdraw-name ${id} (placement-gone)`,
        `shop.web.1: stop ${id} (placement-gone)`,
        `shop.web.1: remove ${id} (placement-gone)`,
      ].join('\n'),
    );
  });

  it.each([
    ['the header is missing', { cluster: undefined, isFresh: false }],
    ['etcd is of another cluster', { cluster: '00000000-0000-4000-8000-00000000ffff' }],
  ])('is left running when %s', (_why, desired) => {
    const result = reconciled({ containers: [aContainer(web)], desired });
    expect(result.chains).toEqual([]);
    expect(result.unproven).toHaveLength(1);
  });

  it('is removed when it was adopted by this cluster before', () => {
    const foreign = aContainer(web, { cluster: 'former' });
    const adopted = { containerId: foreign.id, cluster: CLUSTER };
    const memory = { 'shop.web.1': remembered({ adopted }) };
    expect(steps({ containers: [foreign], memory })).toContain('remove');
  });

  it('is forgotten afterwards', () => {
    expect(steps({ memory: { 'shop.web.1': remembered() } })).toBe(
      'shop.web.1: forget (placement-gone)',
    );
  });
});

describe('a container of a former cluster', () => {
  const former = { cluster: 'former' };

  it('is kept when the instance is placed here with the same spec', () => {
    expect(steps({ placements: [web], containers: [aContainer(web, former)] })).toBe('');
  });

  it('is replaced when the spec differs', () => {
    expect(steps({ placements: [web2], containers: [aContainer(web, former)] })).toContain(
      'create shop-web-1.nap-',
    );
  });
});

describe('a wanted removal', () => {
  const removed = { ...web, wanted: 'removed' as const };

  it('takes the container away and says so afterwards', () => {
    expect(steps({ placements: [removed], containers: [aContainer(web)] })).toContain('remove');
    expect(situation({ placements: [removed] })).toEqual({ kind: 'removed' });
  });

  it.each([
    ['at once, whatever kept it from starting', {}, { kind: 'removed' }],
    ['again later, when taking it away has failed', { isTakingAway: true }, { kind: 'failed' }],
  ])('is tried %s', (_when, failed, expected) => {
    const trouble = { cause: 'image-not-found' as const, message: 'no image' };
    const waiting = remembered({ trouble, retryAtMs: NOW_MS + 30_000, ...failed }, removed);
    const scene = { placements: [removed], memory: { 'shop.web.1': waiting } };
    expect(situation(scene)).toMatchObject(expected);
  });

  it('drops volumes only when asked, and never external ones', () => {
    const spec = {
      mounts: [
        { type: 'volume' as const, name: 'shop_data', target: '/data' },
        { type: 'volume' as const, name: 'own-{{.Node.Hostname}}', target: '/own' },
        { type: 'volume' as const, name: 'theirs', target: '/x', external: true },
      ],
    };
    const keeps = aPlacement('shop.web.1', { wanted: 'removed' }, spec);
    expect(steps({ placements: [keeps] })).toBe('');
    expect(steps({ placements: [{ ...keeps, removeVolumes: true }] })).toBe(
      'shop.web.1: remove-volume shop_data (wanted-removed)\nshop.web.1: remove-volume own-a (wanted-removed)',
    );
    const done = { 'shop.web.1': remembered({ isRemoved: true }, keeps) };
    expect(steps({ placements: [{ ...keeps, removeVolumes: true }], memory: done })).toBe('');
  });
});

describe('a program that is not running any more', () => {
  const containers = [aContainer(web, { run: exited(0) })];

  it('is looked at again soon while the cause is unknown', () => {
    const result = reconciled({ placements: [web], containers });
    expect(result.chains).toEqual([]);
    expect(result.wakeAtMs).toBeLessThan(NOW_MS + 100);
  });

  it.each(['taken-down', 'interrupted'] as const)('comes back when it was %s', (cause) => {
    const once = aPlacement('shop.web.1', {}, { restart: { condition: 'no' } });
    const container = aContainer(once, { run: exited(0) });
    const exit = { ...endedBy(cause), containerId: container.id };
    const memory = { 'shop.web.1': remembered({ exit }, once) };
    expect(steps({ placements: [once], containers: [container], memory })).toContain(`(${cause})`);
  });

  it('starts again after its backoff', () => {
    const exit = endedBy('itself', 1);
    const trouble = { cause: 'exited' as const, message: 'exit code 1' };
    const waiting = remembered({ exit, trouble, retryAtMs: NOW_MS + 500 });
    const scene = { placements: [web], containers, memory: { 'shop.web.1': waiting } };
    expect(steps(scene)).toBe('');
    expect(situation(scene)).toMatchObject({ kind: 'failed', retryAtMs: NOW_MS + 500 });
    const due = remembered({ exit, retryAtMs: NOW_MS });
    expect(steps({ ...scene, memory: { 'shop.web.1': due } })).toContain('(program-ended)');
  });

  it('stays completed, also when its container is gone', () => {
    const completed = { 'shop.web.1': remembered({ completedAtMs: 5, exit: endedBy('itself') }) };
    for (const found of [containers, []]) {
      const scene = { placements: [web], containers: found, memory: completed };
      expect(steps(scene)).toBe('');
      expect(situation(scene)).toEqual({ kind: 'completed', finishedAtMs: 5 });
    }
  });

  it('that never ran here waits until etcd tells whether it has completed elsewhere', () => {
    const job = aPlacement('shop.web.1', {}, { restart: { condition: 'no' } });
    const scene = { placements: [job], freshNames: new Set<never>() };
    expect(situation(scene)).toMatchObject({ kind: 'waits' });
    expect(situation({ placements: [job] })).toEqual({ kind: 'works' });
    expect(situation({ ...scene, placements: [web] })).toEqual({ kind: 'works' });
    expect(situation({ ...scene, desired: { isFresh: false } })).toEqual({ kind: 'works' });
  });

  it('stays completed when only etcd remembers it', () => {
    const { ip: _ip, ...record } = aRecord('shop.web.1', {
      condition: 'completed',
      specHash: web.specHash,
    });
    expect(situation({ placements: [web], names: [record] })).toMatchObject({ kind: 'completed' });
  });
});

describe('dependencies', () => {
  const { service } = aRecord('shop.db.1');
  const dependent = (condition: 'started' | 'healthy' | 'completed', instances = 1) =>
    aPlacement('shop.web.1', {
      dependencies: [{ service, condition, required: true, instances }],
    });

  it('hold up the first start, but not the pull', () => {
    expect(steps({ placements: [dependent('started')], images: new Set() })).toContain('pull');
    const scene = { placements: [dependent('started')] };
    expect(steps(scene)).toBe('');
    expect(situation(scene)).toEqual({
      kind: 'waits',
      reason: 'waits for db to be started (0 of 1)',
    });
  });

  it('need every instance for the first start, and one for a restart', () => {
    const placement = dependent('healthy', 2);
    const names = [aRecord('shop.db.1'), aRecord('shop.db.2', { condition: 'started' })];
    expect(situation({ placements: [placement], names })).toMatchObject({
      reason: 'waits for db to be healthy (1 of 2)',
    });
    const container = aContainer(placement, { run: exited(1) });
    const exit = { ...endedBy('interrupted'), containerId: container.id };
    const memory = { 'shop.web.1': remembered({ exit }, placement) };
    expect(steps({ placements: [placement], names, containers: [container], memory })).toContain(
      '(interrupted)',
    );
  });

  it.each([
    ['started', 'started', true],
    ['started', 'completed', true],
    ['healthy', 'started', false],
    ['healthy', 'ready', true],
    ['completed', 'ready', false],
    ['completed', 'completed', true],
  ] as const)('condition %s and a record that is %s: %s', (condition, is, expected) => {
    const names = [aRecord('shop.db.1', { condition: is })];
    expect(steps({ placements: [dependent(condition)], names }) !== '').toBe(expected);
  });

  it('that failed here are named in the reason', () => {
    const db = aPlacement('shop.db.1', {}, { restart: { condition: 'no' } });
    const message = 'the program ended with exit code 3';
    const memory = {
      'shop.db.1': remembered(
        { trouble: { cause: 'exited', message: `${message}; its last lines:\nbye` } },
        db,
      ),
    };
    expect(situation({ placements: [dependent('started'), db], memory })).toMatchObject({
      reason: `waits for db to be started (0 of 1); shop.db.1 has failed: ${message}`,
    });
  });
});
