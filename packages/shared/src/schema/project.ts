import { z } from 'zod';
import { containerSpecSchema, namespaceModes } from './container-spec.js';
import { projectNameSchema, serviceNameSchema } from './ids.js';
import { schedulingPolicySchema, schedulingSchema } from './scheduling.js';

export const dependencySchema = z.strictObject({
  service: serviceNameSchema,
  condition: z.enum(['started', 'healthy', 'completed']),
  /** False: the dependency may be missing or fail; it is only waited for while it exists. */
  required: z.boolean(),
});

/** An alias in the hosts files of one service's containers only. */
export const linkSchema = z.strictObject({
  project: projectNameSchema,
  service: serviceNameSchema,
  /** One replica; absent: all of the service. */
  index: z.int().positive().exactOptional(),
  alias: z.string(),
  /** Also the names that `docker --link` gave under Compose v1: `svc_1` and `project_svc_1`. */
  v1Names: z.boolean().exactOptional(),
});

/** `external_links` before planning: the name of a container of another project, which the planner looks up. */
const externalLinkSchema = z.strictObject({ container: z.string(), alias: z.string() });

/** In a service the partner is a service too; which instance of it, is decided for each instance. */
const serviceRefSchema = z.strictObject({ service: serviceNameSchema });

const serviceContainerSchema = containerSpecSchema
  .omit({ containerName: true, network: true, ipc: true, pid: true, volumesFrom: true })
  .extend({
    network: z.union([namespaceModes.network, serviceRefSchema]).exactOptional(),
    ipc: z.union([namespaceModes.ipc, serviceRefSchema]).exactOptional(),
    pid: z.union([namespaceModes.pid, serviceRefSchema]).exactOptional(),
    volumesFrom: z
      .array(serviceRefSchema.extend({ readOnly: z.boolean().exactOptional() }))
      .exactOptional(),
  });

/** When the image is looked for at its registry; absent: when the host does not have it. Counts at each creation. */
export const pullSchema = z.union([
  z.enum(['always', 'never']),
  z.strictObject({ everyMs: z.number().positive() }),
]);

/** How instances are replaced, as far as the file says it: `deploy.update_config` and `rollback_config`. */
export const rolloutConfigSchema = z.strictObject({
  /** Instances that are replaced at a time; 0: all at once. Absent: 1. */
  parallelism: z.int().nonnegative().exactOptional(),
  /** Between one that is well and the next. */
  delayMs: z.number().positive().exactOptional(),
  /** When too many fail. Absent: pause. */
  failureAction: z.enum(['pause', 'continue', 'rollback']).exactOptional(),
  /** For how long a new one is watched, and must run where it has no healthcheck. Absent: `DEFAULT_MONITOR_MS`. */
  monitorMs: z.number().positive().exactOptional(),
  /** Part of the instances that may fail. Absent: 0. */
  maxFailureRatio: z.number().positive().max(1).exactOptional(),
  /** start-first: the new one runs before the old one is stopped. Absent: stop-first. */
  order: z.enum(['stop-first', 'start-first']).exactOptional(),
});

/** Instances that an operator has stopped: they keep their containers and their places. See docs/stop-and-restart.md. */
export const stoppedSchema = z.strictObject({
  /** All of the service, also those that come later, or these. */
  instances: z.union([z.literal('all'), z.array(z.int().positive()).min(1)]),
  /** For how long the programs may take to end, instead of the container's own time, in ms. */
  graceMs: z.number().nonnegative().exactOptional(),
});

/** Restarts that were asked for. What has served the newest request is not restarted again. */
export const restartsSchema = z.strictObject({
  /** When all instances were to be restarted; by this, and not by counting, a request is told from another. */
  allAtMs: z.number().positive().exactOptional(),
  /** The same of single instances, by number. */
  oneAtMs: z.record(z.string(), z.number().positive()).exactOptional(),
  /** So many at a time; 0: all at once. Absent: as when they are replaced. */
  parallelism: z.int().nonnegative().exactOptional(),
  /** As of `stopped`. */
  graceMs: z.number().nonnegative().exactOptional(),
});

export const serviceSpecSchema = z.strictObject({
  name: serviceNameSchema,
  /** global: one instance on every host that takes it; `replicas` counts for nothing then. Absent: replicated. */
  mode: z.enum(['replicated', 'global']).exactOptional(),
  replicas: z.int().nonnegative(),
  /** What all instances share. `containerName` is the explicit container_name, or absent. */
  container: serviceContainerSchema,
  pull: pullSchema.exactOptional(),
  /** How often it was asked to look for newer images at the registry, although nothing else had changed. */
  refresh: z.int().positive().exactOptional(),
  containerName: z.string().exactOptional(),
  dependencies: z.array(dependencySchema),
  /** More names for every instance, seen by the whole project (network aliases). */
  aliases: z.array(z.string()),
  links: z.array(linkSchema),
  externalLinks: z.array(externalLinkSchema),
  scheduling: schedulingSchema.exactOptional(),
  stopped: stoppedSchema.exactOptional(),
  restarts: restartsSchema.exactOptional(),
  update: rolloutConfigSchema.exactOptional(),
  rollback: rolloutConfigSchema.exactOptional(),
});

/** One applied Compose file set, normalised: what `apply` stores before it writes placements. */
export const projectSchema = z.strictObject({
  name: projectNameSchema,
  services: z.array(serviceSpecSchema),
  scheduling: schedulingPolicySchema.exactOptional(),
});

export type Project = z.infer<typeof projectSchema>;
export type ServiceSpec = z.infer<typeof serviceSpecSchema>;
export type Dependency = z.infer<typeof dependencySchema>;
export type Link = z.infer<typeof linkSchema>;
export type ServiceContainer = z.infer<typeof serviceContainerSchema>;
export type RolloutConfig = z.infer<typeof rolloutConfigSchema>;
export type RestartsSpec = z.infer<typeof restartsSchema>;
export type PullSpec = z.infer<typeof pullSchema>;
