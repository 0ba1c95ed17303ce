import {
  hashSpec,
  hostId,
  instanceId,
  parseInstanceId,
  type ContainerSpec,
  type NameRecord,
  type Placement,
} from '@nap/shared';
import type { InstanceMemory } from '../reconcile/memory.js';
import type { ObservedContainer, RunState } from '../reconcile/observed.js';
import {
  reconcile,
  type Desired,
  type ReconcileInput,
  type ReconcileResult,
} from '../reconcile/reconcile.js';

/** Builders default everything that a test is not about. */
export const HOST = hostId('a');
export const PLATFORM = { os: 'linux', architecture: 'x86_64' };
export const CLUSTER = '00000000-0000-4000-8000-000000000001';
export const NOW_MS = Date.UTC(2026, 0, 1);

export function aSpec(over: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image: 'box',
    containerName: 'shop-web-1',
    environment: {},
    labels: {},
    ports: [],
    expose: [],
    mounts: [],
    extraHosts: [],
    restart: { condition: 'always' },
    stopGracePeriodMs: 10_000,
    ...over,
  };
}

export function aPlacement(
  instance = 'shop.web.1',
  over: Partial<Placement> = {},
  spec: Partial<ContainerSpec> = {},
): Placement {
  const whole = aSpec({ containerName: instance.replaceAll('.', '-'), ...spec });
  return {
    instance: instanceId(instance),
    host: HOST,
    wanted: 'running',
    spec: whole,
    specHash: hashSpec(whole),
    dependencies: [],
    aliases: [],
    links: [],
    reason: 'a test',
    decidedAtMs: NOW_MS - 1_000,
    ...over,
  };
}

const STARTED_AT = '2025-12-31T23:58:20.000000001Z';
export const STARTED_AT_MS = Date.parse(STARTED_AT);

export const created: RunState = { state: 'created' };

export function up(over: Partial<Extract<RunState, { state: 'running' }>> = {}): RunState {
  const base = { startedAt: STARTED_AT, startedAtMs: STARTED_AT_MS } as const;
  return { state: 'running', ...base, health: 'none', isPaused: false, ...over };
}

export function exited(
  exitCode = 0,
  over: Partial<Extract<RunState, { state: 'exited' }>> = {},
): Extract<RunState, { state: 'exited' }> {
  return {
    state: 'exited',
    startedAt: STARTED_AT,
    startedAtMs: STARTED_AT_MS,
    finishedAtMs: NOW_MS - 10_000,
    exitCode,
    ...over,
  };
}

export function aContainer(
  placement: Placement,
  over: Partial<ObservedContainer> = {},
): ObservedContainer {
  const run = over.run ?? up();
  return {
    id: `${placement.instance.replace(/\W/g, '')}${placement.specHash.slice(3)}`,
    name: placement.spec.containerName,
    cluster: CLUSTER,
    instance: placement.instance,
    specHash: placement.specHash,
    image: placement.spec.image,
    imageId: 'sha256:0',
    createdAtMs: STARTED_AT_MS - 1_000,
    run,
    network: 'own',
    ...(run.state === 'running' ? { ip: '172.17.0.2' } : {}),
    hostsPath: '',
    volumes: [],
    binds: [],
    seeds: [],
    stopGraceMs: 10_000,
    drainMs: 0,
    preStop: [],
    partners: new Map(),
    ...over,
  };
}

export function aDesired(placements: readonly Placement[], over: Partial<Desired> = {}): Desired {
  return {
    placements: new Map(placements.map((placement) => [placement.instance, placement])),
    unreadable: new Set(),
    doubted: new Set(),
    cluster: CLUSTER,
    isFresh: true,
    ...over,
  };
}

export interface Scene extends Omit<Partial<ReconcileInput>, 'desired' | 'names' | 'memory'> {
  readonly placements?: readonly Placement[];
  readonly desired?: Partial<Desired>;
  readonly names?: readonly NameRecord[];
  readonly memory?: Readonly<Record<string, InstanceMemory>>;
}

/** Images are there unless the scene says otherwise. */
export function aScene(scene: Scene): ReconcileInput {
  const { placements = [], desired, names = [], memory = {}, ...over } = scene;
  const projects = new Map<NameRecord['project'], NameRecord[]>();
  for (const record of names) {
    projects.set(record.project, [...(projects.get(record.project) ?? []), record]);
  }
  return {
    nowMs: NOW_MS,
    host: HOST,
    platform: PLATFORM,
    desired: aDesired(placements, desired),
    containers: [],
    foreignNames: new Map(),
    pulls: new Map(),
    images: new Set(['box', ...placements.map((placement) => placement.spec.image)]),
    names: projects,
    memory: new Map(
      Object.entries(memory).map(([instance, value]) => [instanceId(instance), value]),
    ),
    busy: new Set(),
    unreachedMs: 0,
    freshNames: new Set(
      placements.flatMap(({ instance }) => parseInstanceId(instance)?.project ?? []),
    ),
    doubtful: new Map(),
    waitingSince: new Map(),
    ...over,
  };
}

export function reconciled(scene: Scene): ReconcileResult {
  return reconcile(aScene(scene));
}

export function aRecord(instance: string, over: Partial<NameRecord> = {}): NameRecord {
  const parts = parseInstanceId(instance);
  if (parts === undefined) throw new RangeError(instance);
  return {
    instance: instanceId(instance),
    ...parts,
    host: hostId('b'),
    ip: '10.4.2.2',
    containerName: instance.replaceAll('.', '-'),
    aliases: [],
    condition: 'ready',
    specHash: hashSpec({ instance }),
    ...over,
  };
}
