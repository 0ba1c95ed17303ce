import { build } from './canonicalise/build.js';
import { bytes } from './canonicalise/bytes.js';
import { dependsOn } from './canonicalise/depends-on.js';
import { duration } from './canonicalise/durations.js';
import { envFile, labelFile } from './canonicalise/env-files.js';
import { extendsReference } from './canonicalise/extends-reference.js';
import { extraHosts } from './canonicalise/extra-hosts.js';
import { healthcheck } from './canonicalise/healthcheck.js';
import { environment, keyValues } from './canonicalise/key-values.js';
import { externalLinks, links } from './canonicalise/links.js';
import { containerName, hostName } from './canonicalise/names.js';
import { serviceNetworks } from './canonicalise/networks.js';
import { exposedPort, ports } from './canonicalise/ports.js';
import { restart } from './canonicalise/restart.js';
import {
  bool,
  choice,
  count,
  decimal,
  integer,
  text,
  textOrNumber,
} from './canonicalise/scalars.js';
import { tmpfs } from './canonicalise/tmpfs.js';
import { volumes } from './canonicalise/volumes.js';
import { command } from './canonicalise/words.js';
import { serviceNap } from './canonicalise/x-nap.js';
import { deploy } from './deploy-attributes.js';
import { appended, appendedUnique } from './merge.js';
import type { Node } from './node.js';
import {
  anything,
  listOf,
  oneOrMore,
  record,
  type Attribute,
  type Shape,
  type Support,
} from './shape.js';
import {
  honoured,
  honouredAs,
  ignored,
  isEmpty,
  isFalse,
  isOneOf,
  notYet,
  refused,
} from './support.js';

/**
 * Every attribute of a service: its form, how it merges, and what nap does with it. The one source: the loader reads and
 * merges by this table, refuses and warns by it, and docs/compose-support.md is written from it.
 *
 * To honour one more: give it `honoured`, carry it to ContainerSpec in to-container.ts, and regenerate the document.
 */

const scalarIdentity = (node: Node): string => (node.kind === 'scalar' ? String(node.value) : '');
const unique = appendedUnique(scalarIdentity, '');

const texts: Shape = listOf('list of strings', text, appended);
const uniqueTexts: Shape = listOf('list of strings', text, unique);
const textOrTexts: Shape = oneOrMore('string or list of strings', text, unique);
const anyList: Shape = listOf('list', anything, appended);

const REMOVE = 'remove it from the service, or reset it in an override file: "!reset null"';

const row = (shape: Shape, support: Support): Attribute => ({ shape, support });
const yet = (shape: Shape, unless?: (node: Node) => boolean): Attribute =>
  row(shape, notYet(REMOVE, unless));
const windows = (shape: Shape): Attribute => row(shape, ignored('it has no effect on Linux'));

export const SERVICE_ATTRIBUTES = {
  annotations: row(keyValues, ignored('nap does not set annotations of containers yet', isEmpty)),
  attach: row(bool, ignored('it is about the output of docker compose up')),
  blkio_config: yet(anything),
  build: row(build, {
    class: 'honoured',
    note: 'nap builds nothing: with image it is a warning, without image an error',
  }),
  cap_add: yet(uniqueTexts, isEmpty),
  cap_drop: yet(uniqueTexts, isEmpty),
  cgroup: yet(choice(['host', 'private'])),
  cgroup_parent: yet(text),
  cgroupns_mode: yet(choice(['host', 'private'])),
  command: row(command, honoured),
  configs: yet(anyList, isEmpty),
  container_name: row(containerName, honoured),
  cpu_count: windows(integer),
  cpu_percent: windows(decimal),
  cpu_period: yet(textOrNumber),
  cpu_quota: yet(textOrNumber),
  cpu_rt_period: yet(textOrNumber),
  cpu_rt_runtime: yet(textOrNumber),
  cpu_shares: yet(integer),
  cpus: yet(decimal, isOneOf(0)),
  cpuset: yet(text),
  credential_spec: row(anything, refused('it is for Windows containers', 'remove it')),
  depends_on: row(dependsOn, honoured),
  deploy: row(deploy, honoured),
  develop: row(anything, ignored('it is about docker compose watch')),
  device_cgroup_rules: yet(texts, isEmpty),
  devices: yet(anyList, isEmpty),
  dns: yet(textOrTexts, isEmpty),
  dns_opt: yet(uniqueTexts, isEmpty),
  dns_search: yet(textOrTexts, isEmpty),
  domainname: yet(text),
  entrypoint: row(command, honoured),
  env_file: row(envFile, honouredAs('read where nap-controller runs')),
  environment: row(environment, honoured),
  expose: row(listOf('list of ports', exposedPort, unique), honoured),
  extends: row(extendsReference, honoured),
  external_links: row(externalLinks, honouredAs('to instances of other projects of nap')),
  extra_hosts: row(extraHosts, honoured),
  gpus: yet(anything, isEmpty),
  group_add: yet(listOf('list', textOrNumber, appended), isEmpty),
  healthcheck: row(healthcheck, honoured),
  hostname: row(hostName, honoured),
  image: row(text, honoured),
  init: yet(bool, isFalse),
  ipc: yet(text),
  isolation: row(text, ignored('it is for Windows containers', isOneOf('default'))),
  label_file: row(labelFile, honouredAs('read where nap-controller runs')),
  labels: row(keyValues, honoured),
  links: row(links, honoured),
  logging: yet(anything, isEmpty),
  mac_address: yet(text),
  mem_limit: yet(bytes),
  mem_reservation: yet(bytes),
  mem_swappiness: yet(integer),
  memswap_limit: yet(bytes),
  models: row(
    anything,
    refused(
      'nap runs containers only',
      'run the model elsewhere, and pass its address in environment',
    ),
  ),
  network_mode: yet(text),
  networks: row(
    serviceNetworks,
    honouredAs('every service of a project shares one network: other networks do not isolate'),
  ),
  oom_kill_disable: yet(bool, isFalse),
  oom_score_adj: yet(integer, isOneOf(0)),
  pid: yet(text),
  pids_limit: yet(integer, isOneOf(0, -1)),
  platform: yet(text),
  ports: row(ports, honoured),
  post_start: yet(anyList, isEmpty),
  pre_start: yet(anyList, isEmpty),
  pre_stop: yet(anyList, isEmpty),
  privileged: yet(bool, isFalse),
  profiles: row(uniqueTexts, honoured),
  provider: row(anything, refused('nap runs containers only', 'remove the service')),
  pull_policy: yet(text, isOneOf('missing', 'if_not_present')),
  pull_refresh_after: row(text, ignored('it has no effect in Compose either')),
  read_only: yet(bool, isFalse),
  restart: row(restart, honoured),
  runtime: yet(text),
  scale: row(count, honoured),
  secrets: yet(anyList, isEmpty),
  security_opt: yet(texts, isEmpty),
  shm_size: yet(bytes),
  stdin_open: yet(bool, isFalse),
  stop_grace_period: row(duration, honoured),
  stop_signal: row(text, honoured),
  storage_opt: yet(anything, isEmpty),
  sysctls: yet(keyValues, isEmpty),
  tmpfs: row(tmpfs, honoured),
  tty: yet(bool, isFalse),
  ulimits: yet(anything, isEmpty),
  use_api_socket: row(
    bool,
    refused('no container may drive the engine through nap', 'remove it', isFalse),
  ),
  user: row(text, honoured),
  userns_mode: yet(text),
  uts: yet(text),
  volume_driver: row(text, honouredAs('driver of the volumes of the service that name none')),
  volumes: row(volumes, honoured),
  volumes_from: yet(texts, isEmpty),
  working_dir: row(text, honoured),
} as const satisfies Readonly<Record<string, Attribute>>;

/** What is nap's own: other tools pass over it. */
export const EXTENSIONS = { 'x-nap': row(serviceNap, honoured) } as const;

export const service: Shape = record('service', { ...SERVICE_ATTRIBUTES, ...EXTENSIONS });
