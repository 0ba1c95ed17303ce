import {
  isServiceName,
  type Constraint,
  type Reserves,
  type Scheduling,
  type SchedulingPolicy,
  type ServiceName,
  type Units,
} from '@nap/shared';
import { parseBytes } from '../canonicalise/bytes.js';
import { durationMs } from '../canonicalise/durations.js';
import { parseConstraint } from '../canonicalise/placement.js';
import { child, itemsOf, numberAt, textAt, textsOf, type Node } from '../node.js';
import { toService, type CarryContext } from './carry.js';

/** What of a normalised tree is the scheduler's: parts of `deploy`, and `x-nap`. */

type Part<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Drops what asks for nothing; undefined when that is all: what a file does not say is not stored. */
function present<T extends object>(values: Part<T>): T | undefined {
  const entries = Object.entries(values).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  // What is left has the types of T; a required field is not among them.
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}

function constraintsOf(placement: Node | undefined): Constraint[] {
  return textsOf(child(placement, 'constraints')).flatMap((written) => {
    const parsed = parseConstraint(written);
    return 'constraint' in parsed ? [parsed.constraint] : [];
  });
}

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;

/** What a request for devices takes of: GPUs are `gpu` whatever else they must be able to do. */
function deviceUnits(device: Node): Units {
  const capabilities = textsOf(child(device, 'capabilities'));
  const kind = capabilities.includes('gpu') ? 'gpu' : capabilities[0];
  const ids = textsOf(child(device, 'device_ids')).length;
  const count = numberAt(device, 'count') ?? ids;
  return kind === undefined || count === 0 ? {} : { [kind]: count < 0 ? 'all' : count };
}

function genericUnits(resource: Node): Units {
  const spec = child(resource, 'discrete_resource_spec');
  const kind = textAt(spec, 'kind');
  const value = positive(numberAt(spec, 'value'));
  return kind === undefined || value === undefined ? {} : { [kind]: value };
}

/** Undefined when it is nothing. */
function unitsOf(reservations: Node | undefined): Units | undefined {
  const all = [
    ...itemsOf(child(reservations, 'devices')).map(deviceUnits),
    ...itemsOf(child(reservations, 'generic_resources')).map(genericUnits),
  ];
  const sum: Record<string, number | 'all'> = {};
  for (const [kind, amount] of all.flatMap((units) => Object.entries(units))) {
    const before = sum[kind] ?? 0;
    sum[kind] = before === 'all' || amount === 'all' ? 'all' : before + amount;
  }
  return Object.keys(sum).length === 0 ? undefined : sum;
}

/** Memory is reserved on the host too where only the engine is told to prefer this much. */
function reservesOf(service: Node): Reserves | undefined {
  const reservations = child(child(child(service, 'deploy'), 'resources'), 'reservations');
  const memory = textAt(reservations, 'memory') ?? textAt(service, 'mem_reservation');
  return present<Reserves>({
    cpus: positive(numberAt(reservations, 'cpus')),
    memoryBytes: memory === undefined ? undefined : positive(parseBytes(memory)),
    resources: unitsOf(reservations),
  });
}

function policies(nap: Node | undefined): Part<SchedulingPolicy> {
  const strategy = textAt(nap, 'strategy') as SchedulingPolicy['strategy'] | undefined;
  const onHostLoss = textAt(nap, 'on_host_loss') as SchedulingPolicy['onHostLoss'] | undefined;
  const partition = child(nap, 'on_partition');
  const stopAfter = textAt(partition, 'stop_after');
  const stopAfterMs = stopAfter === undefined ? 0 : durationMs(stopAfter);
  const isKeep = partition?.kind === 'scalar' && partition.value === 'keep';
  return {
    strategy,
    seed: textAt(nap, 'seed'),
    onHostLoss,
    onPartition: stopAfterMs > 0 ? { stopAfterMs } : isKeep ? 'keep' : undefined,
  };
}

/** Those that the service names, and those that the file keeps apart from it. */
function apartFrom(name: string, service: Node, root: Node): ServiceName[] {
  const named = textsOf(child(child(service, 'x-nap'), 'apart_from'));
  const all = textsOf(child(child(root, 'x-nap'), 'apart_from'));
  const others = all.includes(name) ? all.filter((other) => other !== name) : [];
  return [...new Set([...named, ...others])].filter(isServiceName);
}

/** What a service asks of the scheduler; undefined when it asks for nothing. */
export function schedulingOf({
  name,
  service,
  root,
}: Pick<CarryContext, 'name' | 'service' | 'root'>): Scheduling | undefined {
  const placement = child(child(service, 'deploy'), 'placement');
  return present<Scheduling>({
    ...policies(child(service, 'x-nap')),
    constraints: constraintsOf(placement),
    spreadOver: itemsOf(child(placement, 'preferences')).flatMap(
      (preference) => textAt(preference, 'spread') ?? [],
    ),
    maxPerHost: positive(numberAt(placement, 'max_replicas_per_node')),
    reserves: reservesOf(service),
    apartFrom: apartFrom(name, service, root),
  });
}

export const scheduling = toService('scheduling', (_value, context) => schedulingOf(context));

/** What the file says for all services; undefined when it says nothing. */
export function schedulingPolicyOf(root: Node): SchedulingPolicy | undefined {
  return present<SchedulingPolicy>(policies(child(root, 'x-nap')));
}
