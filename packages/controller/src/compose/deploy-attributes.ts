import { bytes } from './canonicalise/bytes.js';
import { duration } from './canonicalise/durations.js';
import { keyValues } from './canonicalise/key-values.js';
import { constraints, preferences } from './canonicalise/placement.js';
import { choice, count, decimal, integer } from './canonicalise/scalars.js';
import { appended } from './merge.js';
import { anything, listOf, record, type Shape, type Table } from './shape.js';
import { honoured, honouredAs, ignored, isEmpty, isOneOf, notYet } from './support.js';

const RESOURCES = 'remove it; nap neither limits nor reserves resources for now';

const limits: Table = {
  cpus: { shape: decimal, support: notYet(RESOURCES) },
  memory: { shape: bytes, support: notYet(RESOURCES) },
  pids: { shape: integer, support: notYet(RESOURCES) },
};

const RESERVED = honouredAs('kept free on the host, whatever it uses');

const reservations: Table = {
  cpus: { shape: decimal, support: RESERVED },
  memory: { shape: bytes, support: RESERVED },
  devices: {
    shape: listOf('list of devices', anything, appended),
    support: notYet(RESOURCES, isEmpty),
  },
  generic_resources: {
    shape: listOf('list of resources', anything, appended),
    support: notYet(RESOURCES, isEmpty),
  },
};

const ROLLOUT = 'nap replaces instances in its own order for now';

const updateTable: Table = {
  parallelism: { shape: count, support: ignored(ROLLOUT) },
  delay: { shape: duration, support: ignored(ROLLOUT) },
  failure_action: { shape: choice(['pause', 'continue', 'rollback']), support: ignored(ROLLOUT) },
  monitor: { shape: duration, support: ignored(ROLLOUT) },
  max_failure_ratio: { shape: decimal, support: ignored(ROLLOUT) },
  order: { shape: choice(['stop-first', 'start-first']), support: ignored(ROLLOUT) },
};

const placement: Table = {
  constraints: { shape: constraints, support: honoured },
  preferences: { shape: preferences, support: honoured },
  max_replicas_per_node: { shape: count, support: honoured },
};

const restartPolicy: Table = {
  condition: { shape: choice(['none', 'on-failure', 'any']), support: honoured },
  delay: { shape: duration, support: honoured },
  max_attempts: { shape: count, support: honoured },
  window: { shape: duration, support: ignored('nap decides by itself when a start has succeeded') },
};

const deployTable: Table = {
  mode: {
    shape: choice(['replicated', 'global', 'replicated-job', 'global-job']),
    support: notYet('use mode: replicated and a number of replicas', isOneOf('replicated')),
  },
  replicas: { shape: count, support: honoured },
  endpoint_mode: {
    shape: choice(['vip', 'dnsrr']),
    support: honouredAs('a service name lists the addresses of its ready instances either way'),
  },
  labels: {
    shape: keyValues,
    support: ignored('they are labels of a Swarm service, not of containers'),
  },
  placement: { shape: record('mapping', placement), support: honoured },
  resources: {
    shape: record('mapping', {
      limits: { shape: record('mapping', limits), support: honoured },
      reservations: { shape: record('mapping', reservations), support: honoured },
    }),
    support: honoured,
  },
  restart_policy: {
    shape: record('mapping', restartPolicy),
    support: honouredAs('takes precedence over restart'),
  },
  update_config: { shape: record('mapping', updateTable), support: honoured },
  rollback_config: { shape: record('mapping', updateTable), support: honoured },
};

/** Keys that group others are honoured: what counts is each key inside. */
export const deploy: Shape = { ...record('mapping', deployTable), nullable: true };
