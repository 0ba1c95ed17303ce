import { z } from 'zod';
import { fileDigestSchema, instanceIdSchema } from './ids.js';

/**
 * Everything needed to create the container of one instance, in nap's words; the agent translates it for its engine.
 * The spec hash covers exactly this document: a field that is absent hashes like one that does not exist yet, so new
 * optional fields never recreate the world. Durations in milliseconds, sizes in bytes.
 */

const portSchema = z.strictObject({
  /** Port inside the container. */
  target: z.int().min(1).max(65535),
  /** Port, or range to pick from, on the host; absent: the engine picks any. */
  published: z
    .strictObject({ from: z.int().min(1).max(65535), to: z.int().min(1).max(65535) })
    .exactOptional(),
  hostIp: z.string().exactOptional(),
  protocol: z.enum(['tcp', 'udp', 'sctp']),
});

const mountSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('bind'),
    source: z.string(),
    target: z.string(),
    readOnly: z.boolean().exactOptional(),
    createHostPath: z.boolean().exactOptional(),
    propagation: z.string().exactOptional(),
    selinux: z.enum(['z', 'Z']).exactOptional(),
    /** What is mounted below the source: not taken along, or writable below a read-only mount, or read-only or nothing. */
    recursive: z.enum(['disabled', 'writable', 'readonly']).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('volume'),
    /** Name in the engine, such as `shop_data`; absent: an anonymous volume. */
    name: z.string().exactOptional(),
    target: z.string(),
    readOnly: z.boolean().exactOptional(),
    noCopy: z.boolean().exactOptional(),
    /** An external volume must exist on the host and is never created or removed. */
    external: z.boolean().exactOptional(),
    driver: z.string().exactOptional(),
    driverOptions: z.record(z.string(), z.string()).exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
    /** A directory inside the volume. */
    subpath: z.string().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('tmpfs'),
    target: z.string(),
    sizeBytes: z.int().nonnegative().exactOptional(),
    mode: z.int().nonnegative().exactOptional(),
    /** More mount options, such as `uid=1000` and `exec`, as mount(8) takes them. */
    options: z.array(z.string()).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('image'),
    image: z.string(),
    target: z.string(),
    subpath: z.string().exactOptional(),
  }),
]);

const healthcheckSchema = z.strictObject({
  /** `['NONE']`, `['CMD', …]` or `['CMD-SHELL', text]`; absent: the image's own test with other times. */
  test: z.array(z.string()).exactOptional(),
  intervalMs: z.number().nonnegative().exactOptional(),
  timeoutMs: z.number().nonnegative().exactOptional(),
  startPeriodMs: z.number().nonnegative().exactOptional(),
  startIntervalMs: z.number().nonnegative().exactOptional(),
  retries: z.int().nonnegative().exactOptional(),
});

/**
 * What happens when the process ends by itself. A container that the engine, the host or an operator took down comes back
 * whatever this says: restart policy is about the program, drift is about the cluster.
 */
const restartSchema = z.strictObject({
  condition: z.enum(['no', 'on-failure', 'always', 'unless-stopped']),
  /** Restarts before the instance is failed for good; absent: without end. */
  maxAttempts: z.int().nonnegative().exactOptional(),
  delayMs: z.number().nonnegative().exactOptional(),
});

/** Another instance whose part of the kernel, or whose volumes, this one shares: both are on one host. */
const instanceRefSchema = z.strictObject({ instance: instanceIdSchema });

const deviceSchema = z.strictObject({
  source: z.string(),
  target: z.string(),
  /** Some of `rwm`. */
  permissions: z.string(),
});

const deviceRequestSchema = z.strictObject({
  driver: z.string().exactOptional(),
  /** -1: all. Not together with deviceIds. */
  count: z.int().exactOptional(),
  deviceIds: z.array(z.string()).exactOptional(),
  /** A device fits that has all of one list. */
  capabilities: z.array(z.array(z.string())).exactOptional(),
  options: z.record(z.string(), z.string()).exactOptional(),
});

const deviceRateSchema = z.strictObject({ path: z.string(), rate: z.int().nonnegative() });

const blkioSchema = z.strictObject({
  weight: z.int().exactOptional(),
  weightDevices: z.array(z.strictObject({ path: z.string(), weight: z.int() })).exactOptional(),
  readBps: z.array(deviceRateSchema).exactOptional(),
  writeBps: z.array(deviceRateSchema).exactOptional(),
  readIops: z.array(deviceRateSchema).exactOptional(),
  writeIops: z.array(deviceRateSchema).exactOptional(),
});

/** A command in the container, run by the agent: right after the start, or before a stop on purpose. */
export const hookSchema = z.strictObject({
  command: z.array(z.string()),
  user: z.string().exactOptional(),
  privileged: z.boolean().exactOptional(),
  workingDir: z.string().exactOptional(),
  environment: z.record(z.string(), z.string()).exactOptional(),
});

/** A config or secret as a file in the container. What is in it travels apart, by its digest: a spec is shown and kept. */
const fileSchema = z.strictObject({
  kind: z.enum(['config', 'secret']),
  target: z.string(),
  digest: fileDigestSchema,
  uid: z.int().nonnegative(),
  gid: z.int().nonnegative(),
  mode: z.int().nonnegative(),
});

/** All that an Engine API container can be told and that has no meaning of its own for nap; each as Compose names it. */
const passedOnShape = {
  annotations: z.record(z.string(), z.string()).exactOptional(),
  blkio: blkioSchema.exactOptional(),
  capAdd: z.array(z.string()).exactOptional(),
  capDrop: z.array(z.string()).exactOptional(),
  cgroupNamespace: z.enum(['host', 'private']).exactOptional(),
  cgroupParent: z.string().exactOptional(),
  cpuPeriodUs: z.int().exactOptional(),
  cpuQuotaUs: z.int().exactOptional(),
  cpuRealtimePeriodUs: z.int().exactOptional(),
  cpuRealtimeRuntimeUs: z.int().exactOptional(),
  cpuShares: z.int().exactOptional(),
  /** Processors, also parts of one. */
  cpus: z.number().positive().exactOptional(),
  /** Which processors, such as `0-2,4`. */
  cpuset: z.string().exactOptional(),
  deviceCgroupRules: z.array(z.string()).exactOptional(),
  deviceRequests: z.array(deviceRequestSchema).exactOptional(),
  devices: z.array(deviceSchema).exactOptional(),
  dns: z.array(z.string()).exactOptional(),
  dnsOptions: z.array(z.string()).exactOptional(),
  dnsSearch: z.array(z.string()).exactOptional(),
  domainname: z.string().exactOptional(),
  groupAdd: z.array(z.string()).exactOptional(),
  init: z.boolean().exactOptional(),
  /** An absent driver is the engine's default. */
  logging: z
    .strictObject({
      driver: z.string().exactOptional(),
      options: z.record(z.string(), z.string()).exactOptional(),
    })
    .exactOptional(),
  macAddress: z.string().exactOptional(),
  memoryBytes: z.int().positive().exactOptional(),
  memoryReservationBytes: z.int().positive().exactOptional(),
  /** Memory and swap together; -1: no limit. */
  memorySwapBytes: z.int().exactOptional(),
  memorySwappiness: z.int().exactOptional(),
  oomKillDisable: z.boolean().exactOptional(),
  oomScoreAdj: z.int().exactOptional(),
  pidsLimit: z.int().exactOptional(),
  privileged: z.boolean().exactOptional(),
  readOnly: z.boolean().exactOptional(),
  runtime: z.string().exactOptional(),
  securityOptions: z.array(z.string()).exactOptional(),
  shmSizeBytes: z.int().positive().exactOptional(),
  stdinOpen: z.boolean().exactOptional(),
  storageOptions: z.record(z.string(), z.string()).exactOptional(),
  sysctls: z.record(z.string(), z.string()).exactOptional(),
  tty: z.boolean().exactOptional(),
  ulimits: z.record(z.string(), z.strictObject({ soft: z.int(), hard: z.int() })).exactOptional(),
  userNamespace: z.enum(['host']).exactOptional(),
  utsNamespace: z.enum(['host']).exactOptional(),
};

/** Absent: one of its own, as the engine makes it by default; for the network, nap's own. */
export const namespaceModes = {
  network: z.enum(['host', 'none']),
  ipc: z.enum(['host', 'none', 'private', 'shareable']),
  pid: z.enum(['host']),
};

const sharedShape = {
  network: z.union([namespaceModes.network, instanceRefSchema]).exactOptional(),
  ipc: z.union([namespaceModes.ipc, instanceRefSchema]).exactOptional(),
  pid: z.union([namespaceModes.pid, instanceRefSchema]).exactOptional(),
  volumesFrom: z
    .array(instanceRefSchema.extend({ readOnly: z.boolean().exactOptional() }))
    .exactOptional(),
};

export const containerSpecSchema = z.strictObject({
  image: z.string().min(1),
  containerName: z.string().min(1),
  /** Absent: the image's own. */
  command: z.array(z.string()).exactOptional(),
  /** Absent: the image's own; an empty list clears it. */
  entrypoint: z.array(z.string()).exactOptional(),
  environment: z.record(z.string(), z.string()),
  labels: z.record(z.string(), z.string()),
  hostname: z.string().exactOptional(),
  user: z.string().exactOptional(),
  workingDir: z.string().exactOptional(),
  ports: z.array(portSchema),
  /** `80/tcp` or `8000-8010/udp`. */
  expose: z.array(z.string()),
  mounts: z.array(mountSchema),
  /** `name:address` as the engine takes them. */
  extraHosts: z.array(z.string()),
  healthcheck: healthcheckSchema.exactOptional(),
  restart: restartSchema,
  stopSignal: z.string().exactOptional(),
  stopGracePeriodMs: z.number().nonnegative(),
  /** Between the moment at which nobody is told of it any more and its stop, in ms; absent: none. */
  drainMs: z.number().positive().exactOptional(),
  /** `os/architecture[/variant]` of the image; the host must run it. */
  platform: z.string().exactOptional(),
  files: z.array(fileSchema).exactOptional(),
  /** How often its recreation was asked for although nothing else had changed. Counts in the hash, and for nothing else. */
  forced: z.int().positive().exactOptional(),
  postStart: z.array(hookSchema).exactOptional(),
  preStop: z.array(hookSchema).exactOptional(),
  ...sharedShape,
  ...passedOnShape,
});

export type ContainerSpec = z.infer<typeof containerSpecSchema>;
export type PortSpec = z.infer<typeof portSchema>;
export type MountSpec = z.infer<typeof mountSchema>;
export type HealthcheckSpec = z.infer<typeof healthcheckSchema>;
export type RestartSpec = z.infer<typeof restartSchema>;
export type FileSpec = z.infer<typeof fileSchema>;
export type HookSpec = z.infer<typeof hookSchema>;
export type DeviceSpec = z.infer<typeof deviceSchema>;
export type DeviceRequestSpec = z.infer<typeof deviceRequestSchema>;
export type BlkioSpec = z.infer<typeof blkioSchema>;
