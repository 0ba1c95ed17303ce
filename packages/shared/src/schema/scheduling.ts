import { z } from 'zod';
import { serviceNameSchema } from './ids.js';

/** What a service asks of the scheduler. All of it is optional: an absent field asks for nothing. */

/** One condition on a host, such as `node.labels.disk == ssd`; compared without case. */
const constraintSchema = z.strictObject({
  key: z.string(),
  operator: z.enum(['==', '!=']),
  value: z.string(),
});

/** How to choose among hosts that fit. */
const strategySchema = z.enum(['spread', 'binpack', 'random']);

/** Kept free for one instance, whether it uses it or not. */
export const reservesSchema = z.strictObject({
  cpus: z.number().positive().exactOptional(),
  memoryBytes: z.int().positive().exactOptional(),
  /** By kind, such as `gpu`: so many, or all that the host has. */
  resources: z.record(z.string(), z.union([z.int().positive(), z.literal('all')])).exactOptional(),
});

const policyShape = {
  strategy: strategySchema.exactOptional(),
  /** Of `random`: equal seeds choose alike. Absent: the name of the project. */
  seed: z.string().exactOptional(),
  /** When its host is lost. Absent: move, but wait where a local volume holds its data. */
  onHostLoss: z.enum(['move', 'wait']).exactOptional(),
  /** When its host is cut off from etcd. Absent: keep running. */
  onPartition: z
    .union([z.literal('keep'), z.strictObject({ stopAfterMs: z.number().positive() })])
    .exactOptional(),
};

/** For all services of a project that say nothing else. */
export const schedulingPolicySchema = z.strictObject(policyShape);

export const schedulingSchema = z.strictObject({
  ...policyShape,
  /** All of them hold on every host of the service. */
  constraints: z.array(constraintSchema).exactOptional(),
  /** Labels, such as `node.labels.zone`, over whose values the instances are spread; the first counts most. */
  spreadOver: z.array(z.string()).exactOptional(),
  maxPerHost: z.int().positive().exactOptional(),
  reserves: reservesSchema.exactOptional(),
  /** Services of the project that share no host with this one, whichever of the two says so. */
  apartFrom: z.array(serviceNameSchema).exactOptional(),
});

export type Constraint = z.infer<typeof constraintSchema>;
export type Strategy = z.infer<typeof strategySchema>;
export type Reserves = z.infer<typeof reservesSchema>;
export type Units = Readonly<NonNullable<Reserves['resources']>>;
export type SchedulingPolicy = z.infer<typeof schedulingPolicySchema>;
export type Scheduling = z.infer<typeof schedulingSchema>;

export const STRATEGIES: readonly Strategy[] = strategySchema.options;
