/** Builds the lab, or completes one that is there. */
import { checkAgentIsBuilt, ensureAgent } from './agents.js';
import { isRunning, startDaemon } from './daemon.js';
import { LabError } from './errors.js';
import { putFlannelConfig, startEtcd, waitUntilRegistered } from './etcd.js';
import { bootHost, isBooted } from './host.js';
import { ensureImages } from './images/ensure.js';
import { all } from './machine/all.js';
import { frozenState } from './machine/cgroups.js';
import { exclusively } from './machine/lock.js';
import { checkRequirements } from './machine/requirements.js';
import { isCablePlugged, makeSwitch, plugIn } from './network.js';
import { prepareOperator } from './operator.js';
import { script } from './paths.js';
import { planLab, SWITCH_IP, type HostPlan, type LabPlan } from './plan/addresses.js';
import { hostFiles } from './plan/host-files.js';
import { settingsDiff, toSettings, type LabSettings } from './plan/settings.js';
import { isStale, readRecord, writeRecord } from './record.js';
import { startRegistry } from './registry.js';
import { controlService } from './services.js';
import { sweep } from './sweep.js';

/** Hears what is being done, one line at a time. */
export type Progress = (line: string) => void;

/** Starts what is off. Choices that are left out are those of the lab that is up, or the defaults. */
export async function bringUp(
  choices: Partial<LabSettings>,
  progress: Progress,
): Promise<LabSettings> {
  await checkRequirements();
  return exclusively(async () => {
    const settings = await settle(choices);
    if (settings.agents) await checkAgentIsBuilt();
    const plan = planLab(settings);
    await writeRecord(settings);
    await makeSwitch();
    await all([plan.operator, plan.registry, ...plan.etcd].map(plugIn));
    await all([
      prepareOperator(plan),
      startNameserver(),
      startControlPlane(plan, settings),
      startImages(plan, progress),
      ...plan.hosts.map(async (host) => ensureHost(host, plan, settings)),
    ]);
    if (settings.agents) await waitUntilRegistered(plan, await reachable(plan.hosts));
    return settings;
  });
}

/** The settings to build with. Refuses to turn one lab into another: that would be neither, for a while. */
async function settle(choices: Partial<LabSettings>): Promise<LabSettings> {
  const record = await readRecord();
  if (record === undefined || (await isStale(record))) {
    await sweep(); // what a reboot, or a crash between two steps of `down`, has left
    return toSettings(choices);
  }
  const settings = toSettings({ ...record.settings, ...choices });
  const difference = settingsDiff(record.settings, settings);
  if (difference !== '') {
    throw new LabError(`another lab is up (${difference})`, {
      hint: 'take it down first: nap-lab down',
    });
  }
  return settings;
}

async function startControlPlane(plan: LabPlan, settings: LabSettings): Promise<void> {
  await startEtcd(plan);
  await putFlannelConfig(plan, settings.net);
}

async function startImages(plan: LabPlan, progress: Progress): Promise<void> {
  await ensureImages(progress);
  await startRegistry(plan);
}

async function ensureHost(host: HostPlan, plan: LabPlan, settings: LabSettings): Promise<void> {
  if (await isBooted(host.name)) {
    await controlService(host.name, 'dockerd', 'start');
  } else {
    await bootHost(host, hostFiles(host, plan, settings), settings.disk);
  }
  if (settings.agents) await ensureAgent(host.name);
}

/** Without those whose cable somebody has pulled, or whose time stands still. */
async function reachable(hosts: readonly HostPlan[]): Promise<readonly HostPlan[]> {
  const states = await Promise.all(
    hosts.map(
      async ({ name }) => (await isCablePlugged(name)) && (await frozenState(name)) === 'thawed',
    ),
  );
  return hosts.filter((_, at) => states[at]);
}

async function startNameserver(): Promise<void> {
  await startDaemon({
    name: 'nameserver',
    netns: 'switch',
    argv: [process.execPath, script('nameserver.mjs'), SWITCH_IP],
    isReady: async () => isRunning('nameserver'),
  });
}
