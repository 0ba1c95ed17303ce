import { isRunning } from './daemon.js';
import { isHealthy } from './etcd.js';
import { onHost, powerState, type PowerState } from './host.js';
import { frozenState } from './machine/cgroups.js';
import { run } from './machine/run.js';
import { isCablePlugged } from './network.js';
import { etcdEndpoint, planLab, type HostPlan, type Machine } from './plan/addresses.js';
import type { LabSettings } from './plan/settings.js';
import { serviceState } from './services.js';

export interface HostStatus {
  readonly name: string;
  readonly ip: string;
  readonly subnet: string;
  readonly power: PowerState;
  readonly isCablePlugged: boolean;
  /** What systemd says of it; undefined when the host runs no command. */
  readonly dockerd: string | undefined;
  readonly agent: string | undefined;
  readonly runningContainers: number | undefined;
}

export interface EtcdStatus {
  readonly name: string;
  readonly endpoint: string;
  readonly state: 'running' | 'frozen' | 'stopped';
  readonly isCablePlugged: boolean;
  /** Serves linearizable reads: it hears from a leader. */
  readonly isHealthy: boolean;
}

export interface LabStatus {
  readonly settings: LabSettings;
  readonly hosts: readonly HostStatus[];
  readonly etcd: readonly EtcdStatus[];
  readonly registry: 'running' | 'stopped';
}

export async function labStatus(settings: LabSettings): Promise<LabStatus> {
  const plan = planLab(settings);
  const [hosts, etcd, registry] = await Promise.all([
    Promise.all(plan.hosts.map(async (host) => hostStatus(host, settings))),
    Promise.all(plan.etcd.map(etcdStatus)),
    isRunning(plan.registry.name),
  ]);
  return { settings, hosts, etcd, registry: registry ? 'running' : 'stopped' };
}

async function hostStatus(host: HostPlan, settings: LabSettings): Promise<HostStatus> {
  const { name, ip, subnet } = host;
  const power = await powerState(name);
  const common = { name, ip, subnet, power, isCablePlugged: await isCablePlugged(name) };
  if (power !== 'on') {
    return { ...common, dockerd: undefined, agent: undefined, runningContainers: undefined };
  }
  const dockerd = await serviceState(name, 'dockerd');
  return {
    ...common,
    dockerd,
    agent: settings.agents ? await serviceState(name, 'agent') : undefined,
    runningContainers: dockerd === 'active' ? await countContainers(name) : undefined,
  };
}

async function countContainers(name: string): Promise<number | undefined> {
  const { code, stdout } = await run(await onHost(name, ['docker', 'ps', '-q']));
  return code === 0 ? stdout.split('\n').filter(Boolean).length : undefined;
}

async function etcdStatus(member: Machine): Promise<EtcdStatus> {
  const isUp = await isRunning(member.name);
  const state = !isUp
    ? 'stopped'
    : (await frozenState(member.name)) === 'thawed'
      ? 'running'
      : 'frozen';
  return {
    name: member.name,
    endpoint: etcdEndpoint(member),
    state,
    isCablePlugged: await isCablePlugged(member.name),
    isHealthy: state === 'running' && (await isHealthy(member)),
  };
}
