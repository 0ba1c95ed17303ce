import fc from 'fast-check';
import { hostId, projectName, type Project } from '@nap/shared';
import {
  containerOf,
  FakeCluster,
  mounting,
  project,
  published,
  service,
} from '../testing/builders.js';
import { planProject } from './plan-project.js';
import { planText } from './plan-text.js';
import type { Plan } from './change.js';
import { planDown } from './plan-down.js';

const CONTEXT = { appliedBy: 'alice@ops1', files: ['shop.yml'], nowMs: 1 };
const plan = (cluster: FakeCluster, wanted: Project): Plan =>
  planProject(cluster.view, wanted, CONTEXT);

function apply(cluster: FakeCluster, wanted: Project): Plan {
  const made = plan(cluster, wanted);
  cluster.commit(made);
  return made;
}

const places = (cluster: FakeCluster): Record<string, string> =>
  Object.fromEntries(cluster.view.placements.map(({ instance, host }) => [instance, host]));

describe('planProject', () => {
  it('spreads the services of a new project over the hosts', () => {
    const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
    const guestbook = project(service('web'), service('redis-master'), service('redis-slave'));
    expect(planText(plan(cluster, guestbook))).toBe(
      [
        'store shop revision 1: new project',
        'place shop.web.1 on host-a: spread: 3 of 3 hosts fit, host-a had the fewest (0 of web, 0 of shop)',
        'place shop.redis-master.1 on host-b: spread: 3 of 3 hosts fit, host-b had the fewest (0 of redis-master, 0 of shop)',
        'place shop.redis-slave.1 on host-c: spread: 3 of 3 hosts fit, host-c had the fewest (0 of redis-slave, 0 of shop)',
      ].join('\n'),
    );
  });

  it('changes nothing when nothing changed', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const wanted = project(service('web', { replicas: 3 }), service('db', mounting('shop_data')));
    apply(cluster, wanted);
    expect(plan(cluster, wanted).changes).toEqual([]);
  });

  it('never moves what runs because a host was added', () => {
    const cluster = new FakeCluster('host-a');
    const wanted = project(service('web', { replicas: 3 }));
    apply(cluster, wanted);
    cluster.addHost('host-b');
    expect(plan(cluster, wanted).changes).toEqual([]);
  });

  it('recreates only the service that changed, and says what changed without its value', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, project(service('web'), service('db')));
    const changed = containerOf({ environment: { TOKEN: 'secret' } });
    expect(
      planText(plan(cluster, project(service('web', { container: changed }), service('db')))),
    ).toBe(
      [
        'store shop revision 2: replaces revision 1',
        'recreate shop.web.1 on host-a: changed: environment.TOKEN',
      ].join('\n'),
    );
  });

  it('keeps the container when only names or dependencies change', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, project(service('web'), service('db')));
    const text = planText(
      plan(cluster, project(service('web', { aliases: ['shop'] }), service('db'))),
    );
    expect(text).toContain('update shop.web.1 on host-a: the container stays; changed: names');
  });

  it('removes the highest replicas when scaled down', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    apply(cluster, project(service('web', { replicas: 3 })));
    expect(planText(plan(cluster, project(service('web', { replicas: 1 }))))).toMatch(
      /remove shop.web.2 from host-b: web is scaled to 1\nremove shop.web.3 from host-a: web is scaled to 1$/,
    );
  });

  it('removes a service that left the file', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, project(service('web'), service('db')));
    expect(planText(plan(cluster, project(service('web'))))).toContain(
      'remove shop.db.1 from host-a: the service is no longer in the file',
    );
  });

  it('puts two instances that publish one port on different hosts, and says why a third fits nowhere', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const two = project(service('web', { ...published(80), replicas: 2 }));
    apply(cluster, two);
    expect(places(cluster)).toEqual({ 'shop.web.1': 'host-a', 'shop.web.2': 'host-b' });
    const three = plan(cluster, project(service('web', { ...published(80), replicas: 3 })));
    expect(three.unplaced).toEqual([
      {
        instance: 'shop.web.3',
        reason:
          'host-a has port 80/tcp taken by shop-web-1; host-b has port 80/tcp taken by shop-web-2',
      },
    ]);
  });

  it('says that no agent is registered', () => {
    expect(plan(new FakeCluster(), project(service('web'))).unplaced[0]?.reason).toBe(
      'no host is registered: is nap-agent running anywhere?',
    );
  });

  it('leaves out hosts that are away, paused or draining', () => {
    const cluster = new FakeCluster('host-a', 'host-b', 'host-c', 'host-d');
    cluster.lose('host-a');
    cluster.setAvailability('host-b', 'paused');
    cluster.setAvailability('host-c', 'draining');
    apply(cluster, project(service('web', { replicas: 2 })));
    expect(new Set(Object.values(places(cluster)))).toEqual(new Set(['host-d']));
  });

  it('moves what was on a host that is away, and says from where and why', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const wanted = project(service('web'));
    apply(cluster, wanted);
    cluster.lose('host-a');
    expect(planText(plan(cluster, wanted))).toMatch(
      /^move shop.web.1 from host-a to host-b: moved from host-a, which is away \(its agent holds no lease\); spread/,
    );
  });

  it('never moves an instance away from its named volume', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const wanted = project(service('db', mounting('shop_data')));
    apply(cluster, wanted);
    cluster.lose('host-a');
    const made = plan(cluster, wanted);
    expect(made.changes).toEqual([]);
    expect(made.notes).toEqual([
      'shop.db.1 stays on host-a, which is away: volume shop_data is there, and elsewhere it would be empty',
    ]);
  });

  it('puts services that share a named volume on one host', () => {
    const cluster = new FakeCluster('host-a', 'host-b', 'host-c');
    apply(
      cluster,
      project(
        service('db', mounting('shop_data')),
        service('web'),
        service('backup', mounting('shop_data')),
      ),
    );
    const found = places(cluster);
    expect(found['shop.backup.1']).toBe(found['shop.db.1']);
  });

  it('finds the data again after the project was taken down', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    apply(cluster, project(service('web'), service('db', mounting('shop_data'))));
    cluster.commit(planDown(cluster.view, projectName('shop'), { removeVolumes: false, nowMs: 1 }));
    apply(cluster, project(service('db', mounting('shop_data'))));
    expect(places(cluster)).toEqual({ 'shop.db.1': 'host-b' });
  });

  it('refuses to bring two volumes together that hold data on different hosts', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    apply(cluster, project(service('web', mounting('shop_a')), service('db', mounting('shop_b'))));
    const both = containerOf({
      mounts: ['a', 'b'].map((name) => ({
        type: 'volume',
        name: `shop_${name}`,
        target: `/${name}`,
      })),
    });
    const made = plan(cluster, project(service('backup', { container: both })));
    expect(made.unplaced[0]?.reason).toBe(
      'it needs its volumes on one host, but shop_a is on host-a and shop_b is on host-b',
    );
  });

  it('finishes an interrupted move: the instance is left on one host', () => {
    const cluster = new FakeCluster('host-a', 'host-b');
    const wanted = project(service('web'));
    apply(cluster, wanted);
    const [placement] = cluster.view.placements;
    cluster.put({ ...placement!, host: hostId('host-b') });
    apply(cluster, wanted);
    expect(cluster.view.placements).toHaveLength(1);
    expect(plan(cluster, wanted).changes).toEqual([]);
  });

  it('resolves external links to the instance of another project, and refuses what does not exist', () => {
    const cluster = new FakeCluster('host-a');
    apply(cluster, project(service('db')));
    const other = (container: string): Project => ({
      ...project(service('web', { externalLinks: [{ container, alias: 'db' }] })),
      name: 'blog' as Project['name'],
    });
    const [, place] = plan(cluster, other('shop-db-1')).changes;
    expect(place).toMatchObject({
      placement: { links: [{ project: 'shop', service: 'db', index: 1, alias: 'db' }] },
    });
    expect(plan(cluster, other('nobody')).unplaced[0]?.reason).toContain(
      'external_links names nobody',
    );
  });
});

describe('planProject, for any project and any cluster', () => {
  const anyService = fc.record({
    name: fc.constantFrom('web', 'api', 'db'),
    replicas: fc.integer({ min: 0, max: 5 }),
    port: fc.option(fc.constantFrom(80, 443)),
    volume: fc.option(fc.constantFrom('shop_a', 'shop_b')),
  });
  const anyProject = fc
    .uniqueArray(anyService, { selector: ({ name }) => name, minLength: 1 })
    .map((services) =>
      project(
        ...services.map(({ name, replicas, port, volume }) =>
          service(name, {
            replicas,
            container: containerOf({
              ports:
                port === null
                  ? []
                  : [{ target: 80, published: { from: port, to: port }, protocol: 'tcp' }],
              mounts: volume === null ? [] : [{ type: 'volume', name: volume, target: '/data' }],
            }),
          }),
        ),
      ),
    );
  const anyHosts = fc.subarray(['host-a', 'host-b', 'host-c', 'host-d']);
  const history = fc.array(fc.tuple(anyProject, anyHosts), { minLength: 1, maxLength: 4 });

  /** Applies one after the other while hosts come and go; calls back after each plan that could be carried out. */
  function play(
    steps: readonly (readonly [Project, readonly string[]])[],
    check: (cluster: FakeCluster, wanted: Project) => void,
  ): void {
    const cluster = new FakeCluster('host-a', 'host-b', 'host-c', 'host-d');
    for (const [wanted, lost] of steps) {
      for (const host of ['host-a', 'host-b', 'host-c', 'host-d']) {
        if (lost.includes(host)) cluster.lose(host);
        else cluster.revive(host);
      }
      const made = plan(cluster, wanted);
      if (made.unplaced.length > 0) continue;
      cluster.commit(made);
      check(cluster, wanted);
    }
  }

  it('is idempotent: planning again changes nothing', () => {
    fc.assert(
      fc.property(history, (steps) => {
        play(steps, (cluster, wanted) => {
          expect(planText({ ...plan(cluster, wanted), notes: [] })).toBe('');
        });
      }),
    );
  });

  it('places every instance exactly once, and no port twice on a host', () => {
    fc.assert(
      fc.property(history, (steps) => {
        play(steps, (cluster, wanted) => {
          const { placements } = cluster.view;
          const count = wanted.services.reduce((sum, { replicas }) => sum + replicas, 0);
          expect(new Set(placements.map(({ instance }) => instance)).size).toBe(count);
          expect(placements).toHaveLength(count);
          const ports = placements.flatMap(({ host, spec }) =>
            spec.ports.map((port) => `${host} ${port.published?.from ?? 0}`),
          );
          expect(new Set(ports).size).toBe(ports.length);
        });
      }),
    );
  });

  it('keeps instances that share a volume together', () => {
    fc.assert(
      fc.property(history, (steps) => {
        play(steps, (cluster) => {
          const homes = new Map<string, Set<string>>();
          for (const { host, spec } of cluster.view.placements) {
            for (const mount of spec.mounts) {
              if (mount.type !== 'volume') continue;
              const name = mount.name ?? '';
              homes.set(name, (homes.get(name) ?? new Set()).add(host));
            }
          }
          for (const hosts of homes.values()) expect(hosts.size).toBe(1);
        });
      }),
    );
  });
});
