import type {
  BlkioSpec,
  DeviceRequestSpec,
  HealthcheckSpec,
  HookSpec,
  PortSpec,
  RestartSpec,
  ServiceContainer,
  ServiceName,
  Units,
} from '@nap/shared';
import { formatDuration } from '../canonicalise/durations.js';
import type { GrantedFiles } from './granted-files.js';
import { STOP_GRACE_MS } from '../to-project.js';
import { mountFields, type DeclaredVolumes } from './mounts.js';
import { itemOf, listOf, mapOf, type Fields, type Tree, type TreeMap } from './tree.js';

/** What several services of the file share. */
export interface ExportContext {
  readonly service: ServiceName;
  readonly files: GrantedFiles;
  readonly volumes: DeclaredVolumes;
}

export const durationText = (ms: number): string => formatDuration(Math.round(ms * 1e6));
const maybeDuration = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : durationText(ms);

type Write<T> = (value: T, context: ExportContext) => Fields;
type Writers = {
  readonly [K in keyof Required<ServiceContainer>]: Write<NonNullable<ServiceContainer[K]>>;
};

const under =
  (key: string): Write<Tree> =>
  (value) => ({ [key]: value });
const texts =
  (key: string): Write<readonly string[]> =>
  (value) => ({ [key]: listOf(value) });
const pairs =
  (key: string): Write<Readonly<Record<string, string>>> =>
  (value) => ({ [key]: mapOf(value) });

type Partner<T extends string> = T | { readonly service: ServiceName };
const partner =
  (key: string): Write<Partner<string>> =>
  (value) => ({ [key]: typeof value === 'string' ? value : `service:${value.service}` });

function healthcheckTree(health: HealthcheckSpec): TreeMap | undefined {
  if (health.test?.[0] === 'NONE') return mapOf({ disable: true });
  return mapOf({
    test: health.test,
    interval: maybeDuration(health.intervalMs),
    timeout: maybeDuration(health.timeoutMs),
    start_period: maybeDuration(health.startPeriodMs),
    start_interval: maybeDuration(health.startIntervalMs),
    retries: health.retries,
  });
}

function portTree({ target, published, hostIp, protocol }: PortSpec): TreeMap {
  const range = published === undefined ? undefined : `${published.from}-${published.to}`;
  const isOne = published !== undefined && published.from === published.to;
  return itemOf({
    target,
    published: isOne ? String(published.from) : range,
    host_ip: hostIp,
    protocol,
  });
}

const hooks =
  (key: string): Write<readonly HookSpec[]> =>
  (value) => ({
    [key]: listOf(
      value.map((hook) =>
        itemOf({
          command: hook.command,
          user: hook.user,
          privileged: hook.privileged,
          working_dir: hook.workingDir,
          environment: hook.environment === undefined ? undefined : mapOf(hook.environment),
        }),
      ),
    ),
  });

/** The short form says most; the longer one what else there is. */
function restartFields({ condition, maxAttempts, delayMs }: RestartSpec): Fields {
  if (condition === 'no' && delayMs === undefined && maxAttempts === undefined) return {};
  const isShort =
    delayMs === undefined && (maxAttempts === undefined || condition === 'on-failure');
  if (isShort)
    return { restart: maxAttempts === undefined ? condition : `${condition}:${maxAttempts}` };
  const word = { no: 'none', always: 'any', 'unless-stopped': 'any', 'on-failure': 'on-failure' };
  const policy = {
    condition: word[condition],
    max_attempts: maxAttempts,
    delay: maybeDuration(delayMs),
  };
  return { deploy: mapOf({ restart_policy: mapOf(policy) }) };
}

function blkioTree(blkio: BlkioSpec): TreeMap | undefined {
  const rates = (list: BlkioSpec['readBps']): readonly Tree[] | undefined =>
    list?.map(({ path, rate }) => itemOf({ path, rate }));
  return mapOf({
    weight: blkio.weight,
    weight_device: blkio.weightDevices?.map(({ path, weight }) => itemOf({ path, weight })),
    device_read_bps: rates(blkio.readBps),
    device_write_bps: rates(blkio.writeBps),
    device_read_iops: rates(blkio.readIops),
    device_write_iops: rates(blkio.writeIops),
  });
}

const isCdi = ({ driver, capabilities }: DeviceRequestSpec): boolean =>
  driver === 'cdi' && capabilities === undefined;

const requestTree = (request: DeviceRequestSpec): Tree =>
  itemOf({
    driver: request.driver,
    count: request.count,
    device_ids: request.deviceIds,
    capabilities: request.capabilities?.flat(),
    options: request.options === undefined ? undefined : mapOf(request.options),
  });

/** What a request takes where it is reserved, as the loader counts it. */
function unitsOf({
  capabilities = [],
  count,
  deviceIds = [],
}: DeviceRequestSpec): readonly [string | undefined, number | 'all'] {
  const all = capabilities.flat();
  const amount = count ?? deviceIds.length;
  return [all.includes('gpu') ? 'gpu' : all[0], amount < 0 ? 'all' : amount];
}

/** Requests that are reserved are of `deploy`, others of `gpus`; what else is reserved is generic. */
export function requestFields(
  requests: readonly DeviceRequestSpec[],
  reserved: Units = {},
): Fields {
  const left = new Map<string, number | 'all'>(Object.entries(reserved));
  const reservedRequests: DeviceRequestSpec[] = [];
  const shared: DeviceRequestSpec[] = [];
  // The loader has those of `gpus` first.
  for (const request of requests.filter((it) => !isCdi(it)).toReversed()) {
    const [kind = '', amount] = unitsOf(request);
    const there = left.get(kind) ?? 0;
    const isReserved = there === 'all' || (amount !== 'all' && amount <= there);
    const isGpu = kind === 'gpu' && !isReserved;
    (isGpu ? shared : reservedRequests).unshift(request);
    if (!isReserved || there === 'all' || amount === 'all') continue;
    left.set(kind, there - amount);
  }
  const generic = [...left].flatMap(([kind, value]) =>
    value === 'all' || value === 0
      ? []
      : [itemOf({ discrete_resource_spec: itemOf({ kind, value }) })],
  );
  const reservations = mapOf({
    devices: listOf(reservedRequests.map(requestTree)),
    generic_resources: listOf(generic),
  });
  return {
    gpus: listOf(shared.map(requestTree)),
    deploy: mapOf({ resources: mapOf({ reservations }) }),
  };
}

/** `devices` come of two fields. */
function deviceItems({ devices = [], deviceRequests = [] }: ServiceContainer): readonly Tree[] {
  const cdi = deviceRequests.filter(isCdi).flatMap(({ deviceIds = [] }) => deviceIds);
  const own = devices.map(({ source, target, permissions }) =>
    itemOf({ source, target, permissions }),
  );
  return [...own, ...cdi];
}

/** Every field of a container, as the attributes that say it. A new field does not compile until it is here. */
const WRITERS: Writers = {
  image: under('image'),
  command: under('command'),
  entrypoint: under('entrypoint'),
  environment: pairs('environment'),
  labels: pairs('labels'),
  annotations: pairs('annotations'),
  hostname: under('hostname'),
  domainname: under('domainname'),
  user: under('user'),
  groupAdd: texts('group_add'),
  workingDir: under('working_dir'),
  ports: (ports) => ({ ports: listOf(ports.map(portTree)) }),
  expose: texts('expose'),
  mounts: (mounts, { volumes }) => mountFields(mounts, volumes),
  volumesFrom: (sources) => ({
    volumes_from: sources.map(({ service, readOnly }) =>
      readOnly === undefined ? service : `${service}:${readOnly ? 'ro' : 'rw'}`,
    ),
  }),
  files: (granted, { files, service }) => files.fields(service, granted),
  extraHosts: (hosts) => ({ extra_hosts: listOf(hosts.map((host) => host.replace(':', '='))) }),
  healthcheck: (health) => ({ healthcheck: healthcheckTree(health) }),
  restart: restartFields,
  stopSignal: under('stop_signal'),
  // What goes without saying is not said.
  stopGracePeriodMs: (ms) => (ms === STOP_GRACE_MS ? {} : { stop_grace_period: durationText(ms) }),
  // With the rollout of the service, which decides what goes without saying.
  drainMs: () => ({}),
  // A file cannot say it: it is kept from what is stored.
  forced: () => ({}),
  postStart: hooks('post_start'),
  preStop: hooks('pre_stop'),
  platform: under('platform'),
  network: partner('network_mode'),
  ipc: partner('ipc'),
  pid: partner('pid'),
  userNamespace: under('userns_mode'),
  utsNamespace: under('uts'),
  cgroupNamespace: under('cgroup'),
  cgroupParent: under('cgroup_parent'),
  blkio: (blkio) => ({ blkio_config: blkioTree(blkio) }),
  capAdd: texts('cap_add'),
  capDrop: texts('cap_drop'),
  cpuPeriodUs: under('cpu_period'),
  cpuQuotaUs: under('cpu_quota'),
  cpuRealtimePeriodUs: under('cpu_rt_period'),
  cpuRealtimeRuntimeUs: under('cpu_rt_runtime'),
  cpuShares: under('cpu_shares'),
  cpus: under('cpus'),
  cpuset: under('cpuset'),
  deviceCgroupRules: texts('device_cgroup_rules'),
  // With what is reserved of them.
  deviceRequests: () => ({}),
  devices: () => ({}),
  dns: texts('dns'),
  dnsOptions: texts('dns_opt'),
  dnsSearch: texts('dns_search'),
  init: under('init'),
  logging: ({ driver, options }) => ({
    logging: mapOf({ driver, options: options === undefined ? undefined : mapOf(options) }),
  }),
  macAddress: under('mac_address'),
  memoryBytes: under('mem_limit'),
  memoryReservationBytes: under('mem_reservation'),
  memorySwapBytes: under('memswap_limit'),
  memorySwappiness: under('mem_swappiness'),
  oomKillDisable: under('oom_kill_disable'),
  oomScoreAdj: under('oom_score_adj'),
  pidsLimit: under('pids_limit'),
  privileged: under('privileged'),
  readOnly: under('read_only'),
  runtime: under('runtime'),
  securityOptions: (options, { files, service }) => ({
    security_opt: options.map((option) => files.securityOption(service, option)),
  }),
  shmSizeBytes: under('shm_size'),
  stdinOpen: under('stdin_open'),
  storageOptions: pairs('storage_opt'),
  sysctls: pairs('sysctls'),
  tty: under('tty'),
  ulimits: (ulimits) => ({
    ulimits: mapOf(
      Object.fromEntries(
        Object.entries(ulimits).map(([name, { soft, hard }]) => [name, itemOf({ soft, hard })]),
      ),
    ),
  }),
};

/** The attributes that make this container, one map for each of its fields, to be joined. */
export function containerTrees(
  container: ServiceContainer,
  context: ExportContext,
): readonly TreeMap[] {
  const fields = Object.entries(WRITERS).flatMap(([field, write]) => {
    const value = container[field as keyof ServiceContainer];
    // Each writer takes the type of its own field.
    return value === undefined ? [] : [(write as Write<unknown>)(value, context)];
  });
  const devices = { devices: listOf(deviceItems(container)) };
  return [...fields, devices].map(itemOf);
}
