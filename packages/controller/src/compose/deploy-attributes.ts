import { bytes } from './canonicalise/bytes.js';
import { reservedDevices } from './canonicalise/device-requests.js';
import { duration } from './canonicalise/durations.js';
import { genericResources } from './canonicalise/generic-resources.js';
import { keyValues } from './canonicalise/key-values.js';
import { constraints, preferences } from './canonicalise/placement.js';
import { amount, choice, count, decimal, integer } from './canonicalise/scalars.js';
import { toContainer, toService } from './carry/carry.js';
import { deviceRequestsOf } from './carry/devices.js';
import { replicasOf } from './carry/replicas.js';
import { restartOf } from './carry/restart.js';
import { drainOf, rolloutOf } from './carry/rollout.js';
import { scheduling } from './carry/scheduling.js';
import { asPositive, asText } from './carry/values.js';
import { record, row, type Shape, type Table } from './shape.js';
import { honoured, honouredAs, ignored } from './support.js';

/** The engine takes no limit above the CPUs of its host. */
export const CPU_HOSTS = 'on hosts that have as many';

const limits: Table = {
  cpus: row(amount, honouredAs(CPU_HOSTS), toContainer('cpus', asPositive)),
  memory: row(bytes, honouredAs('6 MiB at least'), toContainer('memoryBytes', asPositive)),
  pids: row(integer, honoured, toContainer('pidsLimit', asPositive)),
};

const reservations: Table = {
  cpus: row(amount, honouredAs('kept free on the host, whatever it uses'), scheduling),
  memory: row(
    bytes,
    honouredAs('kept free on the host, whatever it uses; a soft limit too'),
    toContainer('memoryReservationBytes', asPositive),
    scheduling,
  ),
  devices: row(
    reservedDevices,
    honouredAs('taken from what hosts have: GPUs count as gpu, others by their first capability'),
    toContainer('deviceRequests', deviceRequestsOf),
    scheduling,
  ),
  generic_resources: row(
    genericResources,
    honouredAs('taken from what hosts have: nap-agent run --resource KIND=COUNT'),
    scheduling,
  ),
};

/** Of `x-nap` too, but only the file that asks for start-first gets it unasked. */
const drain = toContainer('drainMs', (_value, { service, root }) => drainOf(service, root));

const rollout: Table = {
  parallelism: row(count, honouredAs('0: all at once; absent: 1')),
  delay: row(duration, honoured),
  failure_action: row(
    choice(['pause', 'continue', 'rollback']),
    honouredAs(
      'absent: pause; rollback brings back the last revision that was rolled out to its end, the whole project',
    ),
  ),
  monitor: row(
    duration,
    honouredAs('and for so long it must run where it has no healthcheck; absent: 1s'),
  ),
  max_failure_ratio: row(decimal, honoured),
  order: row(
    choice(['stop-first', 'start-first']),
    honouredAs(
      'stop-first where two cannot run on one host: published ports, shared namespaces, anonymous volumes; rollback_config: absent: as update_config',
    ),
    drain,
  ),
};

const placement: Table = {
  constraints: row(constraints, honoured, scheduling),
  preferences: row(preferences, honoured, scheduling),
  max_replicas_per_node: row(count, honoured, scheduling),
};

const restart = toContainer('restart', (_value, { service }) => restartOf(service));

const restartPolicy: Table = {
  condition: row(choice(['none', 'on-failure', 'any']), honoured, restart),
  delay: row(duration, honoured, restart),
  max_attempts: row(count, honoured, restart),
  window: row(duration, ignored('nap decides by itself when a start has succeeded')),
};

const mode = toService('mode', (value) =>
  asText(value)?.startsWith('global') ? 'global' : undefined,
);

const deployTable: Table = {
  mode: row(
    choice(['replicated', 'global', 'replicated-job', 'global-job']),
    honouredAs('global: an instance on every host; a job is restarted only when it fails'),
    mode,
    restart,
  ),
  replicas: row(
    count,
    honoured,
    toService('replicas', (_value, { service }) => replicasOf(service)),
  ),
  endpoint_mode: row(
    choice(['vip', 'dnsrr']),
    honouredAs('a service name lists the addresses of its ready instances either way'),
  ),
  labels: row(keyValues, ignored('they are labels of a Swarm service, not of containers')),
  placement: row(record('mapping', placement), honoured),
  resources: row(
    record('mapping', {
      limits: row(record('mapping', limits), honoured),
      reservations: row(record('mapping', reservations), honoured),
    }),
    honoured,
  ),
  restart_policy: row(
    record('mapping', restartPolicy),
    honouredAs('takes precedence over restart'),
  ),
  update_config: row(record('mapping', rollout), honoured, toService('update', rolloutOf)),
  rollback_config: row(record('mapping', rollout), honoured, toService('rollback', rolloutOf)),
};

/** Keys that group others are honoured: what counts is each key inside. */
export const deploy: Shape = { ...record('mapping', deployTable), nullable: true };
