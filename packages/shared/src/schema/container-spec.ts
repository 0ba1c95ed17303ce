import { z } from 'zod';

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
  }),
  z.strictObject({
    type: z.literal('tmpfs'),
    target: z.string(),
    sizeBytes: z.int().nonnegative().exactOptional(),
    mode: z.int().nonnegative().exactOptional(),
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
});

export type ContainerSpec = z.infer<typeof containerSpecSchema>;
export type PortSpec = z.infer<typeof portSchema>;
export type MountSpec = z.infer<typeof mountSchema>;
export type HealthcheckSpec = z.infer<typeof healthcheckSchema>;
export type RestartSpec = z.infer<typeof restartSchema>;
