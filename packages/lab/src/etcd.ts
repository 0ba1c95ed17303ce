/** The etcd cluster: one process a member, each with a network and a disk of its own. */
import { rm } from 'node:fs/promises';
import { DEFAULT_ROOT, hostId, keys } from '@nap/shared';
import { killDaemon, startDaemon, isRunning } from './daemon.js';
import { LabError } from './errors.js';
import { eventually } from './machine/eventually.js';
import { must, run, type ExecResult } from './machine/run.js';
import { inNetns } from './network.js';
import { machineDir } from './paths.js';
import { etcdEndpoint, type LabPlan, type Machine } from './plan/addresses.js';
import { etcdFlags, peerUrl } from './plan/etcd-flags.js';
import { flannelConfig, FLANNEL_CONFIG_KEY } from './plan/flannel.js';
import type { LabSettings } from './plan/settings.js';

const HEALTH_TIMEOUT_MS = 20_000;
const REGISTRATION_TIMEOUT_MS = 60_000;

/** Starts the members given (default: all) that are not running, and waits until they serve. */
export async function startEtcd(plan: LabPlan, members = plan.etcd): Promise<void> {
  await Promise.all(members.map(async (member) => startMember(plan, member, 'new')));
  if (await hasQuorum(plan)) await waitUntilHealthy(plan, members);
}

/** As an operator does once, before flannel starts anywhere. Writes only what is not there yet. */
export async function putFlannelConfig(plan: LabPlan, net: LabSettings['net']): Promise<void> {
  const existing = await etcdctl(plan, ['get', '--print-value-only', FLANNEL_CONFIG_KEY]);
  if (existing.trim() === '') {
    await etcdctl(plan, ['put', FLANNEL_CONFIG_KEY, flannelConfig(net)]);
  }
}

/** Forgets all history up to now: a watcher that was away meets a compaction. Returns etcd's revision. */
export async function compactEtcd(plan: LabPlan): Promise<number> {
  const status = JSON.parse(await etcdctl(plan, ['get', 'x', '-w', 'json'])) as {
    header: { revision: number };
  };
  const { revision } = status.header;
  await etcdctl(plan, ['compact', String(revision)]);
  return revision;
}

/** Every member loses its disk at once. flannel's configuration is put back; leases and nap's keys are gone. */
export async function wipeEtcd(plan: LabPlan, net: LabSettings['net']): Promise<void> {
  await Promise.all(plan.etcd.map(async (member) => loseDisk(member)));
  await startEtcd(plan);
  await putFlannelConfig(plan, net);
}

/** One member loses its disk, and is replaced as etcd's manual says: removed, added, started empty. */
export async function replaceMember(plan: LabPlan, member: Machine): Promise<void> {
  if (plan.etcd.length === 1) {
    throw new LabError('the only member cannot be replaced', {
      hint: 'wipe the whole cluster: nap-lab etcd wipe',
    });
  }
  await loseDisk(member);
  const list = await etcdctl(plan, ['member', 'list']);
  const id = list
    .split('\n')
    .map((line) => line.split(', '))
    .find((fields) => fields[3] === peerUrl(member))?.[0];
  if (id !== undefined) await etcdctl(plan, ['member', 'remove', id]);
  // The cluster refuses a change while it does not hear from enough of its members.
  await eventually(
    async () => etcdctl(plan, ['member', 'add', member.name, `--peer-urls=${peerUrl(member)}`]),
    { what: `${member.name} is added again`, timeoutMs: HEALTH_TIMEOUT_MS, everyMs: 500 },
  );
  await startMember(plan, member, 'existing');
  await waitUntilHealthy(plan, [member]);
}

/** Whether a member serves linearizable reads: it runs, and hears from a leader. */
export async function isHealthy(member: Machine): Promise<boolean> {
  const { code } = await runEtcdctl([member], ['endpoint', 'health']);
  return code === 0;
}

/** Waits until the agents of these hosts hold their leases: only then does a controller see a cluster of so many hosts. */
export async function waitUntilRegistered(plan: LabPlan, hosts: readonly Machine[]): Promise<void> {
  const sessions = hosts.map(({ name }) => DEFAULT_ROOT + keys.hostSession(hostId(name)));
  await eventually(
    async () => {
      const there = await etcdctl(plan, [
        'get',
        '--prefix',
        '--keys-only',
        DEFAULT_ROOT + keys.hosts(),
      ]);
      return sessions.every((key) => there.split('\n').includes(key));
    },
    {
      what: 'the agent of every host registers',
      timeoutMs: REGISTRATION_TIMEOUT_MS,
      everyMs: 100,
      hint: 'see nap-lab exec host-a -- journalctl -u nap-agent',
    },
  );
}

async function startMember(
  plan: LabPlan,
  member: Machine,
  clusterState: 'new' | 'existing',
): Promise<void> {
  const dataDir = machineDir(member.name, 'data');
  const flags = etcdFlags({ member, members: plan.etcd, dataDir, clusterState });
  await startDaemon({
    name: member.name,
    netns: member.name,
    argv: ['etcd', ...flags],
    isReady: async () => isRunning(member.name),
  });
}

async function loseDisk(member: Machine): Promise<void> {
  await killDaemon(member.name);
  await rm(machineDir(member.name, 'data'), { recursive: true, force: true });
}

async function hasQuorum(plan: LabPlan): Promise<boolean> {
  const running = await Promise.all(plan.etcd.map(async ({ name }) => isRunning(name)));
  return running.filter(Boolean).length > plan.etcd.length / 2;
}

async function waitUntilHealthy(plan: LabPlan, members: readonly Machine[]): Promise<void> {
  const names = members.map(({ name }) => name).join(', ');
  const logs = members.map(({ name }) => machineDir(name, 'log')).join(', ');
  await eventually(
    async () => (await Promise.all(members.map(isHealthy))).every((healthy) => healthy),
    {
      what: `${names} of ${plan.etcd.length} serve`,
      timeoutMs: HEALTH_TIMEOUT_MS,
      everyMs: 50,
      hint: `see ${logs}`,
    },
  );
}

async function etcdctl(plan: LabPlan, argv: readonly string[]): Promise<string> {
  return must(etcdctlCommand(plan.etcd, argv));
}

async function runEtcdctl(
  members: readonly Machine[],
  argv: readonly string[],
): Promise<ExecResult> {
  return run(etcdctlCommand(members, argv));
}

function etcdctlCommand(members: readonly Machine[], argv: readonly string[]): readonly string[] {
  const endpoints = members.map(etcdEndpoint).join(',');
  const timeouts = ['--dial-timeout=1s', '--command-timeout=3s'];
  return [
    ...inNetns('operator'),
    'env',
    'ETCDCTL_API=3',
    'etcdctl',
    `--endpoints=${endpoints}`,
    ...timeouts,
    ...argv,
  ];
}
