import { fileDigest, instanceId, type ContainerSpec } from '@nap/shared';

/** One attribute of a spec, and what the engine is told because of it. */
export interface AttributeCase {
  readonly spec: Partial<ContainerSpec>;
  /** Where in the request; all but HostConfig stands below `Config` of an inspect. */
  readonly at: string;
  readonly value: unknown;
  /** Why the engine of the tests cannot take it, or shows something else; undefined: it does. */
  readonly notHere?: string;
}

export const PARTNER = instanceId('shop.db.1');
export const DIGEST = fileDigest('ab'.repeat(32));

const KERNEL = 'depends on what the kernel was built with';

const plain: readonly AttributeCase[] = [
  { spec: { command: ['a', 'b'] }, at: 'Cmd', value: ['a', 'b'] },
  { spec: { entrypoint: ['sh'] }, at: 'Entrypoint', value: ['sh'] },
  {
    spec: { entrypoint: [] },
    at: 'Entrypoint',
    value: [''],
    notHere: 'an inspect shows a cleared one as null',
  },
  { spec: { hostname: 'web-1' }, at: 'Hostname', value: 'web-1' },
  { spec: { domainname: 'example.org' }, at: 'Domainname', value: 'example.org' },
  { spec: { user: '1000' }, at: 'User', value: '1000' },
  { spec: { workingDir: '/tmp' }, at: 'WorkingDir', value: '/tmp' },
  { spec: { tty: true }, at: 'Tty', value: true },
  { spec: { stdinOpen: true }, at: 'OpenStdin', value: true },
  { spec: { stopSignal: 'SIGINT' }, at: 'StopSignal', value: 'SIGINT' },
  { spec: { stopGracePeriodMs: 1_500 }, at: 'StopTimeout', value: 2 },
  { spec: { macAddress: '02:42:ac:11:00:99' }, at: 'MacAddress', value: '02:42:ac:11:00:99' },
  {
    spec: { healthcheck: { test: ['CMD', 'true'], intervalMs: 1_000, retries: 2 } },
    at: 'Healthcheck',
    value: { Test: ['CMD', 'true'], Interval: 1_000_000_000, Retries: 2 },
  },
  {
    spec: { expose: ['8000-8001/udp'], ports: [{ target: 80, protocol: 'tcp' }] },
    at: 'ExposedPorts',
    value: { '8000/udp': {}, '8001/udp': {}, '80/tcp': {} },
  },
];

const limits: readonly AttributeCase[] = [
  { spec: { cgroupParent: '/nap-test' }, at: 'HostConfig.CgroupParent', value: '/nap-test' },
  { spec: { cpuPeriodUs: 50_000 }, at: 'HostConfig.CpuPeriod', value: 50_000 },
  { spec: { cpuQuotaUs: 25_000 }, at: 'HostConfig.CpuQuota', value: 25_000 },
  {
    spec: { cpuRealtimePeriodUs: 1_000_000 },
    at: 'HostConfig.CpuRealtimePeriod',
    value: 1_000_000,
    notHere: KERNEL,
  },
  {
    spec: { cpuRealtimeRuntimeUs: 950_000 },
    at: 'HostConfig.CpuRealtimeRuntime',
    value: 950_000,
    notHere: KERNEL,
  },
  { spec: { cpuShares: 512 }, at: 'HostConfig.CpuShares', value: 512 },
  { spec: { cpus: 0.25 }, at: 'HostConfig.NanoCpus', value: 250_000_000 },
  { spec: { cpuset: '0' }, at: 'HostConfig.CpusetCpus', value: '0' },
  { spec: { memoryBytes: 64 << 20 }, at: 'HostConfig.Memory', value: 64 << 20 },
  {
    spec: { memoryReservationBytes: 32 << 20 },
    at: 'HostConfig.MemoryReservation',
    value: 32 << 20,
  },
  {
    spec: { memoryBytes: 64 << 20, memorySwapBytes: -1 },
    at: 'HostConfig.MemorySwap',
    value: -1,
  },
  {
    spec: { memorySwappiness: 10 },
    at: 'HostConfig.MemorySwappiness',
    value: 10,
    notHere: KERNEL,
  },
  { spec: { oomKillDisable: false }, at: 'HostConfig.OomKillDisable', value: false },
  { spec: { oomScoreAdj: 100 }, at: 'HostConfig.OomScoreAdj', value: 100 },
  { spec: { pidsLimit: 50 }, at: 'HostConfig.PidsLimit', value: 50 },
  { spec: { shmSizeBytes: 1 << 20 }, at: 'HostConfig.ShmSize', value: 1 << 20 },
  {
    spec: { ulimits: { nofile: { soft: 100, hard: 200 } } },
    at: 'HostConfig.Ulimits',
    value: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
  },
  { spec: { blkio: { weight: 300 } }, at: 'HostConfig.BlkioWeight', value: 300, notHere: KERNEL },
  {
    spec: { blkio: { weightDevices: [{ path: '/dev/null', weight: 200 }] } },
    at: 'HostConfig.BlkioWeightDevice',
    value: [{ Path: '/dev/null', Weight: 200 }],
    notHere: KERNEL,
  },
  ...(
    [
      ['readBps', 'BlkioDeviceReadBps'],
      ['writeBps', 'BlkioDeviceWriteBps'],
      ['readIops', 'BlkioDeviceReadIOps'],
      ['writeIops', 'BlkioDeviceWriteIOps'],
    ] as const
  ).map(([field, at]) => ({
    spec: { blkio: { [field]: [{ path: '/dev/null', rate: 1_000 }] } },
    at: `HostConfig.${at}`,
    value: [{ Path: '/dev/null', Rate: 1_000 }],
  })),
];

const devices: readonly AttributeCase[] = [
  {
    spec: { deviceCgroupRules: ['c 1:3 mr'] },
    at: 'HostConfig.DeviceCgroupRules',
    value: ['c 1:3 mr'],
  },
  {
    spec: { devices: [{ source: '/dev/null', target: '/dev/mine', permissions: 'rw' }] },
    at: 'HostConfig.Devices',
    value: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/mine', CgroupPermissions: 'rw' }],
  },
  {
    spec: { deviceRequests: [{ driver: 'nvidia', count: -1, capabilities: [['gpu']] }] },
    at: 'HostConfig.DeviceRequests',
    value: [{ Driver: 'nvidia', Count: -1, Capabilities: [['gpu']] }],
    notHere: 'an inspect shows the fields that were not given as well',
  },
];

const isolation: readonly AttributeCase[] = [
  { spec: { capAdd: ['NET_ADMIN'] }, at: 'HostConfig.CapAdd', value: ['NET_ADMIN'] },
  { spec: { capDrop: ['ALL'] }, at: 'HostConfig.CapDrop', value: ['ALL'] },
  { spec: { cgroupNamespace: 'host' }, at: 'HostConfig.CgroupnsMode', value: 'host' },
  { spec: { groupAdd: ['1001'] }, at: 'HostConfig.GroupAdd', value: ['1001'] },
  { spec: { init: true }, at: 'HostConfig.Init', value: true },
  { spec: { ipc: 'shareable' }, at: 'HostConfig.IpcMode', value: 'shareable' },
  { spec: { pid: 'host' }, at: 'HostConfig.PidMode', value: 'host' },
  {
    spec: { logging: { driver: 'json-file', options: { 'max-size': '1m' } } },
    at: 'HostConfig.LogConfig',
    value: { Type: 'json-file', Config: { 'max-size': '1m' } },
  },
  {
    spec: { logging: { options: { 'max-size': '1m' } } },
    at: 'HostConfig.LogConfig',
    value: { Type: '', Config: { 'max-size': '1m' } },
    notHere: "an inspect names the engine's default",
  },
  { spec: { privileged: true }, at: 'HostConfig.Privileged', value: true },
  { spec: { runtime: 'runc' }, at: 'HostConfig.Runtime', value: 'runc' },
  {
    spec: { securityOptions: ['no-new-privileges:true'] },
    at: 'HostConfig.SecurityOpt',
    value: ['no-new-privileges:true'],
  },
  {
    spec: { securityOptions: ['systempaths=unconfined'] },
    at: 'HostConfig.MaskedPaths',
    value: [],
  },
  {
    spec: { securityOptions: ['systempaths=unconfined'] },
    at: 'HostConfig.ReadonlyPaths',
    value: [],
  },
  {
    spec: { sysctls: { 'net.core.somaxconn': '512' } },
    at: 'HostConfig.Sysctls',
    value: { 'net.core.somaxconn': '512' },
  },
  { spec: { utsNamespace: 'host' }, at: 'HostConfig.UTSMode', value: 'host' },
  { spec: { userNamespace: 'host' }, at: 'HostConfig.UsernsMode', value: 'host' },
  {
    spec: { annotations: { a: 'b' } },
    at: 'HostConfig.Annotations',
    value: { a: 'b' },
    notHere: 'needs Engine API 1.43',
  },
];

const network: readonly AttributeCase[] = [
  { spec: { dns: ['10.0.0.1'] }, at: 'HostConfig.Dns', value: ['10.0.0.1'] },
  { spec: { dnsOptions: ['ndots:2'] }, at: 'HostConfig.DnsOptions', value: ['ndots:2'] },
  { spec: { dnsSearch: ['a.example'] }, at: 'HostConfig.DnsSearch', value: ['a.example'] },
  { spec: { extraHosts: ['a:10.0.0.9'] }, at: 'HostConfig.ExtraHosts', value: ['a:10.0.0.9'] },
  { spec: { network: 'host' }, at: 'HostConfig.NetworkMode', value: 'host' },
  { spec: { network: 'none' }, at: 'HostConfig.NetworkMode', value: 'none' },
  {
    spec: { ports: [{ target: 80, protocol: 'tcp', published: { from: 28_090, to: 28_090 } }] },
    at: 'HostConfig.PortBindings',
    value: { '80/tcp': [{ HostIp: '', HostPort: '28090' }] },
  },
];

const files: readonly AttributeCase[] = [
  { spec: { readOnly: true }, at: 'HostConfig.ReadonlyRootfs', value: true },
  {
    spec: { storageOptions: { size: '1G' } },
    at: 'HostConfig.StorageOpt',
    value: { size: '1G' },
    notHere: 'depends on the file system of the engine',
  },
  {
    spec: { mounts: [{ type: 'tmpfs', target: '/t', options: ['uid=7', 'exec'], mode: 0o700 }] },
    at: 'HostConfig.Tmpfs',
    value: { '/t': 'uid=7,exec,mode=700' },
  },
  {
    spec: { mounts: [{ type: 'bind', source: '/usr', target: '/u', readOnly: true }] },
    at: 'HostConfig.Binds',
    value: ['/usr:/u:ro'],
  },
  {
    spec: {
      mounts: [
        {
          ...{ type: 'bind', source: '/usr', target: '/u', createHostPath: false },
          recursive: 'disabled',
        },
      ],
    },
    at: 'HostConfig.Mounts',
    value: [{ Type: 'bind', Source: '/usr', Target: '/u', BindOptions: { NonRecursive: true } }],
  },
  {
    spec: { mounts: [{ type: 'volume', name: 'v', target: '/v', subpath: 'a' }] },
    at: 'HostConfig.Mounts.0.VolumeOptions.Subpath',
    value: 'a',
    notHere: 'needs Engine API 1.45',
  },
  {
    spec: { mounts: [{ type: 'image', image: 'data', target: '/d', subpath: 'a' }] },
    at: 'HostConfig.Mounts',
    value: [
      {
        ...{ Type: 'image', Source: 'data', Target: '/d', ReadOnly: true },
        ImageOptions: { Subpath: 'a' },
      },
    ],
    notHere: 'needs Engine API 1.48',
  },
  {
    spec: {
      files: [{ kind: 'secret', target: '/run/s', digest: DIGEST, uid: 1, gid: 2, mode: 0o400 }],
    },
    at: 'HostConfig.Mounts',
    value: [{ Type: 'bind', Source: '/files/secret', Target: '/run/s', ReadOnly: true }],
    notHere: 'there is no such file; the tests of configs and secrets make some',
  },
];

export const attributeCases: readonly AttributeCase[] = [
  ...plain,
  ...limits,
  ...devices,
  ...isolation,
  ...network,
  ...files,
];

/** What stands at a path such as `HostConfig.Mounts.0.Source`. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, key) => {
    const isObject = typeof found === 'object' && found !== null;
    return isObject ? new Map(Object.entries(found)).get(key) : undefined;
  }, value);
}
