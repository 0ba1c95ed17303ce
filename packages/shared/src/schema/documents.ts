import { z } from 'zod';
import { containerSpecSchema } from './container-spec.js';
import {
  hostIdSchema,
  instanceIdSchema,
  projectNameSchema,
  serviceNameSchema,
  specHashSchema,
} from './ids.js';
import { dependencySchema, linkSchema, projectSchema, pullSchema } from './project.js';
import { reservesSchema } from './scheduling.js';

/** The values behind the keys of `keys.ts`; docs/etcd-schema.md describes each. Times are milliseconds since 1970. */

/** `projects/<p>/spec` and `projects/<p>/history/<revision>`. */
export const projectRevisionSchema = z.strictObject({
  project: projectSchema,
  /** 1, 2, 3 …: the numbered version of the project, not etcd's revision. */
  revision: z.int().positive(),
  appliedBy: z.string(),
  appliedAtMs: z.number(),
  /** The files as the operator named them. */
  files: z.array(z.string()),
  /** Why, in the operator's own words. */
  message: z.string().exactOptional(),
  /** It brought back what revision `to` was, in place of revision `of`. */
  rollback: z.strictObject({ of: z.int().positive(), to: z.int().positive() }).exactOptional(),
});

/**
 * `projects/<p>/rollout`: exists while instances are being replaced because the project has changed, until the last of the new
 * ones has been well for a while.
 */
export const rolloutSchema = z.strictObject({
  /** Of the project: what is rolled out. */
  revision: z.int().positive(),
  /** The last revision that was rolled out to its end: what a rollback brings back. Absent: there is none. */
  from: z.int().positive().exactOptional(),
  startedAtMs: z.number(),
  /** Why it does not go on by itself: a sentence. The next apply goes on. */
  paused: z.string().exactOptional(),
  /** It is not rolled back, whatever the file says. */
  noRollback: z.literal(true).exactOptional(),
});

/** An instance depends on `instances` replicas of a service: without those that are stopped on purpose, unless all are. */
const placedDependencySchema = dependencySchema.extend({
  instances: z.int().nonnegative(),
  /** All of them are stopped on purpose: whoever waits for them can say so. */
  stopped: z.literal(true).exactOptional(),
});

/** What was decided about an instance at some time, and why. */
const decisionSchema = z.strictObject({
  atMs: z.number(),
  kind: z.enum(['placed', 'moved', 'recreated', 'stopped', 'started', 'restarted', 'refreshed']),
  /** Where it has been since. */
  host: hostIdSchema,
  reason: z.string(),
  /** Of the project: the one that it was decided for. Absent: an older nap decided. */
  revision: z.int().positive().exactOptional(),
});

/** `placements/<host>/<instance>`. */
export const placementSchema = z.strictObject({
  instance: instanceIdSchema,
  host: hostIdSchema,
  /**
   * `stopped`: stop the container and keep it. `removed`: stop and remove it; acknowledge with a report; the controller then
   * deletes the key.
   */
  wanted: z.enum(['running', 'stopped', 'removed']),
  /** With `stopped`: for how long the program may take to end, instead of the container's own time, in ms. */
  stopGraceMs: z.number().nonnegative().exactOptional(),
  /** The agent restarts the container in place, once for each moment at which it was asked to. */
  restart: z
    .strictObject({
      askedAtMs: z.number().positive(),
      graceMs: z.number().nonnegative().exactOptional(),
    })
    .exactOptional(),
  /** With `removed` only: drop the named volumes of the spec too. */
  removeVolumes: z.boolean().exactOptional(),
  spec: containerSpecSchema,
  specHash: specHashSchema,
  pull: pullSchema.exactOptional(),
  /** The agent looks for a newer image once for each number; a container of another image is replaced. */
  refresh: z.int().positive().exactOptional(),
  /** The agent stops it when it has not reached etcd for so long, in ms; absent: it keeps it. */
  stopAfterMs: z.number().positive().exactOptional(),
  /**
   * The old container goes when the new one is well: healthy, or after so long without a healthcheck, in ms. Absent: it goes
   * first.
   */
  startFirst: z.strictObject({ readyAfterMs: z.number().positive() }).exactOptional(),
  /** It runs on until that host has it, and is nobody's business any more: no reports, and no name once the other has it. */
  yieldsTo: hostIdSchema.exactOptional(),
  /** That host still runs it: nobody is told of this one before it is well. */
  takesOverFrom: hostIdSchema.exactOptional(),
  /** It is for this host and no other. */
  mode: z.literal('global').exactOptional(),
  /** What it takes of its host's capacity, whatever project it belongs to. */
  reserves: reservesSchema.exactOptional(),
  dependencies: z.array(placedDependencySchema),
  aliases: z.array(z.string()),
  links: z.array(linkSchema),
  /** Why this host, for people. */
  reason: z.string(),
  decidedAtMs: z.number(),
  /** The newest last, at most `LIMITS.decisionsPerInstance`. Absent: made before they were kept. */
  decisions: z.array(decisionSchema).exactOptional(),
});

/**
 * `placements/<host>/header`: which cluster the placements belong to. Without it, or with another cluster's id, the absence
 * of a placement proves nothing: a wiped etcd must not stop containers.
 */
export const placementHeaderSchema = z.strictObject({ cluster: z.uuid() });

/** `cluster`: made once by the first controller that writes. */
export const clusterSchema = z.strictObject({ id: z.uuid(), createdAtMs: z.number() });

/** `names/<p>/<instance>`. */
export const nameRecordSchema = z.strictObject({
  instance: instanceIdSchema,
  project: projectNameSchema,
  service: serviceNameSchema,
  index: z.int().positive(),
  host: hostIdSchema,
  /** Absent once completed, and while the container has no address of its own. */
  ip: z.ipv4().exactOptional(),
  containerName: z.string(),
  aliases: z.array(z.string()),
  /** started: runs, not (yet) healthy. ready: should get traffic. completed: ended by itself with exit code 0. */
  condition: z.enum(['started', 'ready', 'completed']),
  specHash: specHashSchema,
});

/** What failed, closed list: for scripts. `message` has the sentence. */
export const failureCauseSchema = z.enum([
  'image-not-found',
  'image-denied',
  'registry-unreachable',
  'port-taken',
  'name-taken',
  /** A config or secret, or what is in it, is not to be had. */
  'file-missing',
  /** A post-start hook: the program is stopped again. */
  'hook-failed',
  'exited',
  'refused',
  'dependency',
  'engine',
]);

const reportStateSchema = z.discriminatedUnion('state', [
  /** Waits; `message` says for what. */
  z.strictObject({ state: z.literal('pending') }),
  z.strictObject({ state: z.literal('pulling') }),
  z.strictObject({ state: z.literal('starting') }),
  z.strictObject({
    state: z.literal('running'),
    health: z.enum(['none', 'starting', 'healthy', 'unhealthy']),
    startedAtMs: z.number(),
  }),
  z.strictObject({ state: z.literal('stopping') }),
  z.strictObject({ state: z.literal('completed'), finishedAtMs: z.number() }),
  /** The last try failed; `retryAtMs` absent: no further try until the placement changes. */
  z.strictObject({
    state: z.literal('failed'),
    cause: failureCauseSchema,
    exitCode: z.int().exactOptional(),
    /** With `exited`: its memory ran out in that run, whatever its exit code is. */
    outOfMemory: z.literal(true).exactOptional(),
    attempts: z.int().nonnegative(),
    retryAtMs: z.number().exactOptional(),
  }),
  /** On purpose; the container is kept. */
  z.strictObject({ state: z.literal('stopped') }),
  z.strictObject({ state: z.literal('removed') }),
]);

/** `replacing`: a newer image is here, and the container is still the old one. */
const refreshStateSchema = z.enum(['done', 'failed', 'replacing']);

/** `reports/<p>/<instance>`. */
export const reportSchema = z.strictObject({
  instance: instanceIdSchema,
  host: hostIdSchema,
  /** Of the placement that this report is about. */
  specHash: specHashSchema,
  status: reportStateSchema,
  containerId: z.string().exactOptional(),
  ip: z.ipv4().exactOptional(),
  /** How far the newest request for a newer image has got. */
  refresh: z
    .strictObject({
      asked: z.int().positive(),
      state: refreshStateSchema,
      /** There was a newer one, and the container makes way, or has made way, for one of that. */
      isNewer: z.literal(true).exactOptional(),
    })
    .exactOptional(),
  /** Which request to restart it has been served, or needs none; absent: none was ever made. */
  restartedFor: z.number().positive().exactOptional(),
  /** Restarts of the program since its placement or spec last changed, or it was restarted on request. */
  restarts: z.int().nonnegative(),
  /** A sentence for people: why it waits, why it failed. */
  message: z.string(),
  atMs: z.number(),
});

/** Seconds that the lease of a host lasts, unless its agent was told otherwise. */
export const HOST_LEASE_TTL_S = 10;

/** `hosts/<host>/info`. */
export const hostInfoSchema = z.strictObject({
  host: hostIdSchema,
  /** Address on the hosts' own network. */
  address: z.ipv4(),
  /** Subnet of its containers, such as `10.4.1.0/24`; absent: no flannel, the engine's own bridge. */
  subnet: z.string().exactOptional(),
  /** Name of the engine's network for instances: `bridge` or `nap`. */
  network: z.string(),
  capacity: z.strictObject({
    cpus: z.number().positive(),
    memoryBytes: z.number().positive(),
    /** What else it has, by kind, such as `gpu`. Absent: its agent does not count such things. */
    resources: z.record(z.string(), z.int().positive()).exactOptional(),
  }),
  platform: z.strictObject({ os: z.string(), architecture: z.string() }),
  engineVersion: z.string(),
  engineApiVersion: z.string(),
  agentVersion: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Seconds that its lease lasts. Absent: `HOST_LEASE_TTL_S`. */
  leaseTtlS: z.number().positive().exactOptional(),
  /** Its agent has seen the whole machine going down, on purpose; gone when it is back. */
  goingDown: z.strictObject({ kind: z.enum(['reboot', 'off']), atMs: z.number() }).exactOptional(),
});

/** `hosts/<host>/session`: exists while the agent keeps its lease. */
export const hostSessionSchema = z.strictObject({
  startedAtMs: z.number(),
  /** The machine's own id: two machines must not both be this host. */
  machine: z.string().exactOptional(),
  /** The lease that it is under: a copy of the machine has another one. Absent: an older agent wrote it. */
  lease: z.string().exactOptional(),
});

/** `hosts/<host>/policy`. */
export const hostPolicySchema = z.strictObject({
  availability: z.enum(['active', 'paused', 'draining']),
  labels: z.record(z.string(), z.string()),
});

/** `hosts/<host>/api`: where the host's agent answers operators, and how the two know each other. */
export const hostApiSchema = z.discriminatedUnion('kind', [
  /** SHA-256 of the certificate that the agent shows: whoever shows another one is somebody else. */
  z.strictObject({ kind: z.literal('tls'), url: z.string(), certificate: z.string() }),
  /** Made anew at every start of the agent: who can read it here may call. */
  z.strictObject({ kind: z.literal('token'), url: z.string(), token: z.string() }),
]);

/**
 * `volumes/<volume>`: which host holds the data of a named volume of the local driver. Outlives the placements, so that a
 * project that was taken down finds its data again.
 */
export const volumeHomeSchema = z.strictObject({ host: hostIdSchema, project: projectNameSchema });

/** `files/<host>/<digest>` and `contents/<p>/<digest>`: the bytes of a config or secret, base64. */
export const fileContentSchema = z.strictObject({ content: z.base64() });

/** `checks/<host>`: what the agent has last verified on its disk and in its Docker. */
export const hostCheckSchema = z.strictObject({
  atMs: z.number(),
  projects: z.record(
    projectNameSchema,
    z.strictObject({
      /** Digest of the name table that the hosts files on this host were verified against. */
      digest: z.string(),
      /** etcd revision of the newest name record in that table, as text. */
      revision: z.string(),
      containers: z.int().nonnegative(),
    }),
  ),
  /** What is wrong on the host at that moment, as sentences; empty when all is well. */
  problems: z.array(z.string()),
});

export type ProjectRevision = z.infer<typeof projectRevisionSchema>;
export type Rollout = z.infer<typeof rolloutSchema>;
export type Decision = z.infer<typeof decisionSchema>;
export type Placement = z.infer<typeof placementSchema>;
export type PlacedDependency = z.infer<typeof placedDependencySchema>;
export type PlacementHeader = z.infer<typeof placementHeaderSchema>;
export type Cluster = z.infer<typeof clusterSchema>;
export type NameRecord = z.infer<typeof nameRecordSchema>;
export type Report = z.infer<typeof reportSchema>;
export type ReportStatus = z.infer<typeof reportStateSchema>;
export type HostInfo = z.infer<typeof hostInfoSchema>;
export type HostSession = z.infer<typeof hostSessionSchema>;
export type HostPolicy = z.infer<typeof hostPolicySchema>;
export type HostApi = z.infer<typeof hostApiSchema>;
export type VolumeHome = z.infer<typeof volumeHomeSchema>;
export type FileContent = z.infer<typeof fileContentSchema>;
export type HostCheck = z.infer<typeof hostCheckSchema>;
