import {
  hostId,
  hostInfoCodec,
  keys,
  placementCodec,
  projectName,
  serviceName,
  type Project,
  type ProjectRevision,
  type ServiceSpec,
} from '@nap/shared';
import {
  DocumentCache,
  planProject,
  planStored,
  toClusterView,
  type Change,
  type ClusterView,
  type HostView,
  type Plan,
} from '@nap/controller/plan';
import { spread } from './statistics.js';

/**
 * How fast the planner decides, from a view of the cluster to a plan, on one processor; reading etcd and writing to it are not
 * part of it. Memory only: needs no lab.
 */

const ROUNDS = Number(process.env['ROUNDS'] ?? 7);

function host(at: number): HostView {
  const id = hostId(`host-${String(at).padStart(5, '0')}`);
  return {
    id,
    isAlive: true,
    isLost: false,
    policy: { availability: 'active', labels: { zone: `zone-${at % 3}` } },
    info: {
      host: id,
      address: '10.0.0.1',
      network: 'nap',
      capacity: { cpus: 16, memoryBytes: 64 * 1024 ** 3 },
      platform: { os: 'linux', architecture: 'x86_64' },
      engineVersion: '20.10.24',
      engineApiVersion: '1.41',
      agentVersion: '0.1.0',
      labels: { disk: at % 2 === 0 ? 'ssd' : 'hdd' },
    },
  };
}

function clusterOf(count: number): ClusterView {
  const hosts = Array.from({ length: count }, (_, at) => host(at));
  return {
    cluster: undefined,
    hosts: new Map(hosts.map((it) => [it.id, it])),
    projects: new Map(),
    rollouts: new Map(),
    history: new Map(),
    placements: [],
    headers: new Map(),
    reports: new Map(),
    names: new Map(),
    volumes: new Map(),
    checks: new Map(),
    keptTexts: new Map(),
    unreadable: [],
  };
}

/** An ordinary service: a few variables, a healthcheck, reservations. */
function service(name: string, replicas: number, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: serviceName(name),
    replicas,
    container: {
      image: 'registry.example.com/team/app:1.2.3',
      environment: Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [`SETTING_${at}`, `value ${at} of ${name}`]),
      ),
      labels: { team: 'shop' },
      ports: [],
      expose: ['8080/tcp'],
      mounts: [
        { type: 'bind', source: '/etc/ssl/certs', target: '/etc/ssl/certs', readOnly: true },
      ],
      extraHosts: [],
      healthcheck: { test: ['CMD', 'wget', '-q', 'http://localhost:8080/'], intervalMs: 5000 },
      restart: { condition: 'always' },
      stopGracePeriodMs: 10_000,
      memoryBytes: 512 * 1024 ** 2,
    },
    dependencies: [],
    aliases: [],
    links: [],
    externalLinks: [],
    scheduling: { reserves: { cpus: 0.25, memoryBytes: 256 * 1024 ** 2 } },
    ...more,
  };
}

/** Half of the services with a constraint, one in ten over zones. */
function projectOf(name: string, services: number, replicas: number): Project {
  const specs = Array.from({ length: services }, (_, at) => {
    const plain = service(`service-${at}`, replicas);
    const constraints = [{ key: 'node.labels.disk', operator: '==' as const, value: 'ssd' }];
    return {
      ...plain,
      scheduling: {
        ...plain.scheduling,
        ...(at % 2 === 0 ? { constraints } : {}),
        ...(at % 10 === 0 ? { spreadOver: ['node.labels.zone'] } : {}),
      },
    };
  });
  return { name: projectName(name), services: specs };
}

/** The view after a plan was carried out; values as they come from etcd, no object shared with the plan. */
function carriedOut(view: ClusterView, plans: readonly Plan[]): ClusterView {
  const placements = plans.flatMap(({ changes }) =>
    changes.flatMap((change: Change) => (change.kind === 'place' ? [change.placement] : [])),
  );
  const read = placements.map((it) => JSON.parse(JSON.stringify(it)) as typeof it);
  return { ...view, placements: read.sort((a, b) => (a.instance < b.instance ? -1 : 1)) };
}

function withLost(view: ClusterView, at: number): ClusterView {
  const lost = { ...host(at), isAlive: false, isLost: true };
  // A new list: what is known about the old one must not count.
  return {
    ...view,
    hosts: new Map([...view.hosts].map(([id, it]) => [id, id === lost.id ? lost : it])),
    placements: [...view.placements],
  };
}

const context = { appliedBy: 'bench', files: [], nowMs: 0 };

interface Timed {
  readonly ms: number;
  /** Of all threads: the garbage collector and the compiler have their own. */
  readonly cpuMs: number;
  readonly count: number;
}

function timed(work: () => readonly Plan[], kind: Change['kind']): Timed {
  const before = process.cpuUsage();
  const start = performance.now();
  const plans = work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  const unplaced = plans.flatMap((plan) => plan.unplaced);
  if (unplaced.length > 0) throw new Error(`${unplaced.length} unplaced: ${unplaced[0]?.reason}`);
  const changes = plans.flatMap((plan) => plan.changes);
  return {
    ms,
    cpuMs: (user + system) / 1000,
    count: changes.filter((change) => change.kind === kind).length,
  };
}

function repeat(
  title: string,
  work: (round: number) => Timed,
  report: (rounds: readonly Timed[]) => string,
): void {
  work(0); // Warms up the compiler, as in a controller that runs on.
  const rounds = Array.from({ length: ROUNDS }, (_, at) => work(at + 1));
  process.stdout.write(`${title}: ${report(rounds)}\n`);
}

function times(rounds: readonly Timed[]): string {
  const wall = spread(rounds.map(({ ms }) => ms));
  return `${wall} ms, of processors ${spread(rounds.map(({ cpuMs }) => cpuMs))} ms`;
}

function rate(rounds: readonly Timed[]): string {
  const perSecond = rounds.map(({ ms, count }) => (count / ms) * 1000);
  return `${times(rounds)}; ${spread(perSecond)} placements/s`;
}

const moved = (rounds: readonly Timed[]): string =>
  `${times(rounds)}; ${rounds[0]?.count ?? 0} moved`;

const large = clusterOf(10_000);
repeat(
  '100,000 instances of 100 services onto 10,000 empty hosts',
  () => timed(() => [planProject(large, projectOf('big', 100, 1000), context)], 'place'),
  rate,
);

for (const [projects, services] of [
  [1, 30],
  [30, 1],
] as const) {
  const wanted = Array.from({ length: projects }, (_, at) => projectOf(`p${at}`, services, 1000));
  let placed = carriedOut(clusterOf(1000), []);
  for (const project of wanted) {
    const plan = planProject(placed, project, context);
    const added = carriedOut(placed, [plan]).placements;
    placed = {
      ...placed,
      placements: [...placed.placements, ...added].sort((a, b) =>
        a.instance < b.instance ? -1 : 1,
      ),
    };
  }
  for (const isKnown of [false, true]) {
    repeat(
      `one of 1,000 hosts lost, 30,000 instances in ${projects === 1 ? 'one project' : `${projects} projects`}, planned ${isKnown ? 'again' : 'for the first time'}`,
      (round) => {
        const view = withLost(placed, (round * 10) % 1000);
        const those = isKnown ? wanted : wanted.map((project) => structuredClone(project));
        return timed(() => those.map((project) => planProject(view, project, context)), 'move');
      },
      moved,
    );
  }
  const revisions = wanted.map((it): ProjectRevision => ({
    project: it,
    ...{ revision: 1, appliedBy: 'bench', appliedAtMs: 0, files: [] },
  }));
  const stored = { ...placed, projects: new Map(revisions.map((it) => [it.project.name, it])) };
  repeat(
    `the same, as the daemon plans: each project as if the plans before it were carried out`,
    (round) => {
      const view = withLost(stored, (round * 10) % 1000);
      return timed(() => planStored(view, 0), 'move');
    },
    moved,
  );
}

/** As etcd would hold it; every text a new one, as it comes over the network. */
function entriesOf({ hosts, placements }: ClusterView): readonly Entry[] {
  const ofHosts = [...hosts.values()].flatMap(({ id, info }) =>
    info === undefined ? [] : [{ key: keys.hostInfo(id), value: hostInfoCodec.encode(info) }],
  );
  const placed = placements.map((it) => ({
    key: keys.placement(it.host, it.instance),
    value: placementCodec.encode(it),
  }));
  return [...ofHosts, ...placed];
}

interface Entry {
  readonly key: string;
  readonly value: string;
}

const wide = projectOf('wide', 30, 1000);
const empty = clusterOf(1000);
const full = carriedOut(empty, [planProject(empty, wide, context)]);
const documents = new DocumentCache();
for (const [title, cache] of [
  ['for the first time', undefined],
  ['again, nothing new', documents],
] as const) {
  repeat(
    `1,000 hosts and 30,000 placements read ${title}`,
    () => {
      const entries = entriesOf(full);
      return timed(() => {
        if (toClusterView(entries, cache).placements.length !== 30_000)
          throw new Error('lost some');
        return [];
      }, 'place');
    },
    times,
  );
}
