import { blkio } from './canonicalise/blkio.js';
import { build } from './canonicalise/build.js';
import { bytes, bytesOrUnlimited } from './canonicalise/bytes.js';
import { dependsOn } from './canonicalise/depends-on.js';
import { gpus } from './canonicalise/device-requests.js';
import { deviceRules, devices } from './canonicalise/devices.js';
import { duration, microseconds } from './canonicalise/durations.js';
import { capability, directoryInside, signal } from './canonicalise/engine-words.js';
import { envFile, labelFile } from './canonicalise/env-files.js';
import { extendsReference } from './canonicalise/extends-reference.js';
import { extraHosts } from './canonicalise/extra-hosts.js';
import { serviceConfigs, serviceSecrets } from './canonicalise/file-grants.js';
import { healthcheck } from './canonicalise/healthcheck.js';
import { hooks } from './canonicalise/hooks.js';
import { environment, keyValues } from './canonicalise/key-values.js';
import { externalLinks, links } from './canonicalise/links.js';
import { logging } from './canonicalise/logging.js';
import { containerName, hostName, ipAddress, macAddress } from './canonicalise/names.js';
import { otherIpc, otherNetworks, otherPid, otherThanHost } from './canonicalise/namespaces.js';
import { serviceNetworks } from './canonicalise/networks.js';
import { exposedPort, ports } from './canonicalise/ports.js';
import { pullPolicy, unknownPull } from './canonicalise/pull-policy.js';
import { restart } from './canonicalise/restart.js';
import {
  amount,
  bool,
  choice,
  count,
  decimal,
  integer,
  integerFrom,
  matching,
  orEmpty,
  text,
  textOrNumber,
} from './canonicalise/scalars.js';
import { securityOptions } from './canonicalise/security-options.js';
import { tmpfs } from './canonicalise/tmpfs.js';
import { ulimits } from './canonicalise/ulimits.js';
import { volumes } from './canonicalise/volumes.js';
import { volumesFrom, volumesFromContainer } from './canonicalise/volumes-from.js';
import { command } from './canonicalise/words.js';
import { serviceNap } from './canonicalise/x-nap.js';
import { toContainer, toService } from './carry/carry.js';
import { deviceRequestsOf, devicesOf } from './carry/devices.js';
import { loggingOf, securityOptionsOf } from './carry/engine-options.js';
import { grantedFilesOf } from './carry/files.js';
import { healthcheckOf } from './carry/healthcheck.js';
import { hooksOf } from './carry/hooks.js';
import { blkioOf, ulimitsOf } from './carry/limits.js';
import { mountsOf } from './carry/mounts.js';
import {
  aliasesOf,
  dependenciesOf,
  externalLinksOf,
  extraHostsOf,
  linksOf,
} from './carry/names.js';
import {
  asHost,
  ipcOf,
  macAddressOf,
  networkOf,
  pidOf,
  volumesFromOf,
} from './carry/namespaces.js';
import { exposedOf, portsOf } from './carry/ports.js';
import { pullOf } from './carry/pull.js';
import { replicasOf } from './carry/replicas.js';
import { restartOf } from './carry/restart.js';
import { scheduling } from './carry/scheduling.js';
import {
  asBool,
  asFilledPairs,
  asFilledTexts,
  asMilliseconds,
  asNonZero,
  asNumber,
  asPairs,
  asPositive,
  asText,
  asTexts,
  asTrue,
} from './carry/values.js';
import { CPU_HOSTS, deploy } from './deploy-attributes.js';
import { appended, appendedUnique } from './merge.js';
import type { Node } from './node.js';
import {
  anything,
  listOf,
  oneOrMore,
  record,
  row,
  type Attribute,
  type ReadContext,
  type Shape,
} from './shape.js';
import {
  honoured,
  honouredAs,
  honouredExcept,
  ignored,
  isEmpty,
  isFalse,
  isOneOf,
  refused,
} from './support.js';

/**
 * Every attribute of a service: its form, how it merges, what nap does with it, and which field of the project it ends in. The
 * one source: the loader reads, merges, refuses, warns and builds the project by it, and docs/compose-support.md is written
 * from it.
 */

const scalarIdentity = (node: Node): string => (node.kind === 'scalar' ? String(node.value) : '');
const unique = appendedUnique(scalarIdentity, '');

const uniqueTexts: Shape = listOf('list of strings', text, unique);
const capabilities: Shape = listOf('list of capabilities', capability, unique);
const textOrTexts: Shape = oneOrMore('string or list of strings', text, unique);

const REMOVE = 'remove it';
const windows = (shape: Shape): Attribute => row(shape, ignored('it has no effect on Linux'));

const mounts = toContainer('mounts', mountsOf);
const files = toContainer('files', grantedFilesOf);
const macAddressField = toContainer('macAddress', macAddressOf);
const deviceRequests = toContainer('deviceRequests', deviceRequestsOf);

const cgroupNamespace = toContainer('cgroupNamespace', (value) =>
  isOneOf('host')(value) ? 'host' : 'private',
);

export const SERVICE_ATTRIBUTES = {
  annotations: row(keyValues, honoured, toContainer('annotations', asFilledPairs)),
  attach: row(bool, ignored('it is about the output of docker compose up')),
  blkio_config: row(blkio, honoured, toContainer('blkio', blkioOf)),
  build: row(
    build,
    honouredAs('nap builds nothing: with image it is a warning, without image an error'),
  ),
  cap_add: row(capabilities, honoured, toContainer('capAdd', asFilledTexts)),
  cap_drop: row(capabilities, honoured, toContainer('capDrop', asFilledTexts)),
  cgroup: row(choice(['host', 'private']), honoured, cgroupNamespace),
  cgroup_parent: row(text, honoured, toContainer('cgroupParent', asText)),
  cgroupns_mode: row(choice(['host', 'private']), honouredAs('as cgroup'), cgroupNamespace),
  command: row(command, honoured, toContainer('command', asTexts)),
  configs: row(serviceConfigs, honoured, files),
  container_name: row(containerName, honoured, toService('containerName', asText)),
  cpu_count: windows(integer),
  cpu_percent: windows(decimal),
  cpu_period: row(microseconds, honoured, toContainer('cpuPeriodUs', asNonZero)),
  cpu_quota: row(microseconds, honoured, toContainer('cpuQuotaUs', asNonZero)),
  cpu_rt_period: row(microseconds, honoured, toContainer('cpuRealtimePeriodUs', asNonZero)),
  cpu_rt_runtime: row(microseconds, honoured, toContainer('cpuRealtimeRuntimeUs', asNonZero)),
  cpu_shares: row(count, honoured, toContainer('cpuShares', asNonZero)),
  cpus: row(amount, honouredAs(CPU_HOSTS), toContainer('cpus', asPositive)),
  cpuset: row(
    orEmpty(matching('set of processors', /^\d+(-\d+)?(,\d+(-\d+)?)*$/, '"0-2,4"')),
    honouredAs(CPU_HOSTS),
    toContainer('cpuset', asText),
  ),
  credential_spec: row(anything, refused('it is for Windows containers', REMOVE)),
  depends_on: row(dependsOn, honoured, toService('dependencies', dependenciesOf)),
  deploy: row(deploy, honoured),
  develop: row(anything, ignored('it is about docker compose watch')),
  device_cgroup_rules: row(deviceRules, honoured, toContainer('deviceCgroupRules', asFilledTexts)),
  devices: row(devices, honoured, toContainer('devices', devicesOf), deviceRequests),
  dns: row(
    oneOrMore('address or list of addresses', ipAddress, unique),
    honoured,
    toContainer('dns', asFilledTexts),
  ),
  dns_opt: row(uniqueTexts, honoured, toContainer('dnsOptions', asFilledTexts)),
  dns_search: row(textOrTexts, honoured, toContainer('dnsSearch', asFilledTexts)),
  domainname: row(hostName, honoured, toContainer('domainname', asText)),
  entrypoint: row(command, honoured, toContainer('entrypoint', asTexts)),
  env_file: row(envFile, honouredAs('read where nap-controller runs')),
  environment: row(environment, honoured, toContainer('environment', asPairs)),
  expose: row(
    listOf('list of ports', exposedPort, unique),
    honoured,
    toContainer('expose', exposedOf),
  ),
  extends: row(extendsReference, honoured),
  external_links: row(
    externalLinks,
    honouredAs('to instances of other projects of nap'),
    toService('externalLinks', externalLinksOf),
  ),
  extra_hosts: row(extraHosts, honoured, toContainer('extraHosts', extraHostsOf)),
  gpus: row(gpus, honoured, deviceRequests),
  group_add: row(
    listOf('list of names and numbers', textOrNumber, appended),
    honoured,
    toContainer('groupAdd', asFilledTexts),
  ),
  healthcheck: row(healthcheck, honoured, toContainer('healthcheck', healthcheckOf)),
  hostname: row(hostName, honoured, toContainer('hostname', asText)),
  image: row(text, honoured, toContainer('image', asText)),
  init: row(bool, honoured, toContainer('init', asBool)),
  ipc: row(
    text,
    honouredExcept('host, none, private, shareable, service:NAME', otherIpc),
    toContainer('ipc', ipcOf),
  ),
  isolation: row(text, ignored('it is for Windows containers', isOneOf('default'))),
  label_file: row(labelFile, honouredAs('read where nap-controller runs')),
  labels: row(keyValues, honoured, toContainer('labels', asPairs)),
  links: row(links, honoured, toService('links', linksOf)),
  logging: row(logging, honoured, toContainer('logging', loggingOf)),
  mac_address: row(macAddress, honoured, macAddressField),
  mem_limit: row(bytes, honouredAs('6 MiB at least'), toContainer('memoryBytes', asPositive)),
  mem_reservation: row(
    bytes,
    honouredAs('kept free on the host, whatever it uses; a soft limit too'),
    toContainer('memoryReservationBytes', asPositive),
    scheduling,
  ),
  mem_swappiness: row(bytes, honoured, toContainer('memorySwappiness', asNumber)),
  memswap_limit: row(bytesOrUnlimited, honoured, toContainer('memorySwapBytes', asNonZero)),
  models: row(
    anything,
    refused(
      'nap runs containers only',
      'run the model elsewhere, and pass its address in environment',
    ),
  ),
  network_mode: row(
    text,
    honouredExcept('host, none, service:NAME; bridge is the network of nap', otherNetworks),
    toContainer('network', networkOf),
  ),
  networks: row(
    serviceNetworks,
    honouredAs('every service of a project shares one network: other networks do not isolate'),
    toService('aliases', aliasesOf),
    macAddressField,
  ),
  oom_kill_disable: row(bool, honoured, toContainer('oomKillDisable', asTrue)),
  oom_score_adj: row(integerFrom(-1000, 1000), honoured, toContainer('oomScoreAdj', asNonZero)),
  pid: row(text, honouredExcept('host, service:NAME', otherPid), toContainer('pid', pidOf)),
  pids_limit: row(integer, honoured, toContainer('pidsLimit', asPositive)),
  platform: row(
    orEmpty(matching('platform', /^[a-z0-9_-]+(\/[a-z0-9_-]+){0,2}$/, 'linux/arm64')),
    honoured,
    toContainer('platform', asText),
  ),
  ports: row(ports, honoured, toContainer('ports', portsOf)),
  post_start: row(hooks, honoured, toContainer('postStart', hooksOf)),
  pre_start: row(
    listOf('list of hooks', anything, appended),
    refused(
      'nap runs nothing in a container before its start',
      'make it a service, and depend on it with service_completed_successfully',
      isEmpty,
    ),
  ),
  pre_stop: row(hooks, honoured, toContainer('preStop', hooksOf)),
  privileged: row(bool, honoured, toContainer('privileged', asTrue)),
  profiles: row(uniqueTexts, honoured),
  provider: row(anything, refused('nap runs containers only', 'remove the service')),
  pull_policy: row(
    pullPolicy,
    honouredExcept('all but build and refresh', unknownPull),
    toService('pull', pullOf),
  ),
  pull_refresh_after: row(text, ignored('it has no effect in Compose either')),
  read_only: row(bool, honoured, toContainer('readOnly', asTrue)),
  restart: row(
    restart,
    honoured,
    toContainer('restart', (_value, { service }) => restartOf(service)),
  ),
  runtime: row(text, honoured, toContainer('runtime', asText)),
  scale: row(
    count,
    honoured,
    toService('replicas', (_value, { service }) => replicasOf(service)),
  ),
  secrets: row(serviceSecrets, honoured, files),
  security_opt: row(
    securityOptions,
    honouredAs('seccomp=FILE is read where nap-controller runs'),
    toContainer('securityOptions', securityOptionsOf),
  ),
  shm_size: row(bytes, honoured, toContainer('shmSizeBytes', asPositive)),
  stdin_open: row(bool, honoured, toContainer('stdinOpen', asTrue)),
  stop_grace_period: row(duration, honoured, toContainer('stopGracePeriodMs', asMilliseconds)),
  stop_signal: row(signal, honoured, toContainer('stopSignal', asText)),
  storage_opt: row(keyValues, honoured, toContainer('storageOptions', asFilledPairs)),
  sysctls: row(keyValues, honoured, toContainer('sysctls', asFilledPairs)),
  tmpfs: row(tmpfs, honoured, mounts),
  tty: row(bool, honoured, toContainer('tty', asTrue)),
  ulimits: row(ulimits, honoured, toContainer('ulimits', ulimitsOf)),
  use_api_socket: row(
    bool,
    refused('no container may drive the engine through nap', REMOVE, isFalse),
  ),
  user: row(text, honoured, toContainer('user', asText)),
  userns_mode: row(
    text,
    honouredExcept('host', otherThanHost),
    toContainer('userNamespace', asHost),
  ),
  uts: row(text, honouredExcept('host', otherThanHost), toContainer('utsNamespace', asHost)),
  volume_driver: row(
    text,
    honouredAs('driver of the volumes of the service that name none'),
    mounts,
  ),
  volumes: row(volumes, honoured, mounts),
  volumes_from: row(
    volumesFrom,
    honouredExcept('of services of the project', volumesFromContainer),
    toContainer('volumesFrom', volumesFromOf),
  ),
  working_dir: row(directoryInside, honoured, toContainer('workingDir', asText)),
} as const satisfies Readonly<Record<string, Attribute>>;

/** What is nap's own: other tools pass over it. */
export const EXTENSIONS = { 'x-nap': row(serviceNap, honoured, scheduling) } as const;

/** The Swarm formats call `cgroup` so. */
function withoutOldNames(node: Node, path: string, { findings }: ReadContext): Node {
  const old = node.kind === 'map' ? node.entries.get('cgroupns_mode') : undefined;
  if (node.kind !== 'map' || old === undefined) return node;
  if (node.entries.has('cgroup')) {
    const at = `${path}.cgroupns_mode`;
    findings.error(old.keyPlace, at, 'it is the old name of cgroup', 'keep one of them');
  }
  const entries = [...node.entries].map(
    ([key, entry]) => [key === 'cgroupns_mode' ? 'cgroup' : key, entry] as const,
  );
  return { ...node, entries: new Map(entries) };
}

const mapping = record('service', { ...SERVICE_ATTRIBUTES, ...EXTENSIONS });

export const service: Shape = {
  ...mapping,
  read: (node, path, context) => withoutOldNames(mapping.read(node, path, context), path, context),
};
