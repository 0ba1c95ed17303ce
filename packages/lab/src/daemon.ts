/** A process of the lab that is no host: an etcd member, the registry, the nameserver, a relay. */
import { mkdir } from 'node:fs/promises';
import { LabError } from './errors.js';
import { endGroup, frozenState, makeGroup, processesIn, setFrozen } from './machine/cgroups.js';
import { eventually } from './machine/eventually.js';
import { runDetached } from './machine/run.js';
import { inNetns } from './network.js';
import { machineDir, script } from './paths.js';

export interface Daemon {
  /** Names its cgroup, its directory and its log. */
  readonly name: string;
  /** The machine whose network it runs in; this machine's own when absent. */
  readonly netns?: string;
  readonly argv: readonly string[];
  readonly isReady: () => Promise<boolean>;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;

/** Starts it unless it runs, and resolves when it is ready. */
export async function startDaemon({ name, netns, argv, isReady }: Daemon): Promise<void> {
  if (!(await isRunning(name))) {
    await mkdir(machineDir(name), { recursive: true });
    const group = await makeGroup(name);
    const network = netns === undefined ? [] : inNetns(netns);
    runDetached([script('join'), ...group, '--', ...network, ...argv], logOf(name));
  }
  await eventually(
    async () => {
      const ready = await isReady();
      if (!ready && !(await isRunning(name))) throw new LabError('it has ended');
      return ready;
    },
    { what: `${name} is ready`, timeoutMs: READY_TIMEOUT_MS, hint: `see ${logOf(name)}` },
  );
}

/** Asks it to end, and returns when it has. One that is frozen is thawed: it could not hear otherwise. */
export async function stopDaemon(name: string): Promise<void> {
  if ((await frozenState(name)) !== 'thawed') await setFrozen(name, false);
  for (const pid of await processesIn(name)) process.kill(pid, 'SIGTERM');
  await eventually(async () => !(await isRunning(name)), {
    what: `${name} ends`,
    timeoutMs: STOP_TIMEOUT_MS,
  });
  await endGroup(name);
}

/** Ends it without warning. */
export async function killDaemon(name: string): Promise<void> {
  await endGroup(name);
}

export async function isRunning(name: string): Promise<boolean> {
  return (await processesIn(name)).length > 0;
}

export function logOf(name: string): string {
  return machineDir(name, 'log');
}
