/**
 * Every process of the lab lives in a cgroup below `nap-lab/`, one for each machine. That is the lab's memory of what
 * it started: pid files go stale and pids are reused, a cgroup names exactly the processes that are alive.
 *
 * With cgroup v1 there are several hierarchies. A process joins all of them, so that the cgroup namespace of a host
 * hides the rest of the machine; the freezer's is the one that is asked who is in.
 */
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, LabError } from '../errors.js';
import { parseHierarchies, type Hierarchy } from '../plan/cgroup-mounts.js';
import { eventually } from './eventually.js';

const ROOT = 'nap-lab';
const END_TIMEOUT_MS = 15_000;
/** At the default of 1024 a whole host weighs as much as ONE busy process beside it. */
const HOST_CPU_SHARES = '4096';

export async function hierarchies(): Promise<readonly Hierarchy[]> {
  const found = parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8'));
  if (!found.some((each) => canFreeze(each))) {
    throw new LabError('this machine has no cgroup with a freezer', {
      hint: 'the lab needs cgroup v2, or v1 with the freezer controller, mounted under /sys/fs/cgroup',
    });
  }
  return found;
}

/** The directories whose cgroup.procs a process has to be written to. Makes them when they are missing. */
export async function makeGroup(name: string): Promise<readonly string[]> {
  const all = await hierarchies();
  return Promise.all(all.map(async (hierarchy) => makeIn(hierarchy, name)));
}

/**
 * As makeGroup, for a process that joins a host which has booted: in v2 a cgroup that has children with controllers
 * takes no processes itself, so they go to a leaf beside systemd's.
 */
export async function guestGroup(name: string): Promise<readonly string[]> {
  const all = await hierarchies();
  return Promise.all(
    all.map(async (hierarchy) => {
      if (hierarchy.version === 1) return join(hierarchy.dir, ROOT, name);
      const leaf = join(hierarchy.dir, ROOT, name, 'guests');
      await mkdir(leaf, { recursive: true });
      return leaf;
    }),
  );
}

/** The pids in the group and below, none when there is no such group. */
export async function processesIn(name: string): Promise<readonly number[]> {
  return pidsBelow(join((await freezer()).dir, ROOT, name));
}

export async function groups(): Promise<readonly string[]> {
  const all = await hierarchies();
  const names = await Promise.all(all.map(async ({ dir }) => subdirectories(join(dir, ROOT))));
  return [...new Set(names.flat())].sort();
}

/** Kills everything in the group, also what is frozen, and removes it. Nothing of the group runs once this returns. */
export async function endGroup(name: string): Promise<void> {
  await eventually(async () => killAll(name), {
    what: `the processes in the cgroup ${ROOT}/${name} end`,
    timeoutMs: END_TIMEOUT_MS,
    everyMs: 10,
  });
  await removeGroup(name);
}

/** Removes the cgroup `nap-lab` itself, once no machine has one below it. */
export async function removeRoot(): Promise<void> {
  await removeGroup('');
}

export async function setFrozen(name: string, isFrozen: boolean): Promise<void> {
  const hierarchy = await freezer();
  const dir = join(hierarchy.dir, ROOT, name);
  const write = async (): Promise<void> =>
    hierarchy.version === 1
      ? writeFile(join(dir, 'freezer.state'), isFrozen ? 'FROZEN' : 'THAWED')
      : writeFile(join(dir, 'cgroup.freeze'), isFrozen ? '1' : '0');
  await eventually(
    async () => {
      await write();
      return (await frozenState(name)) === (isFrozen ? 'frozen' : 'thawed');
    },
    { what: `${name} is ${isFrozen ? 'frozen' : 'thawed'}`, timeoutMs: END_TIMEOUT_MS },
  );
}

/** `freezing`: asked to, and not all of its processes have stopped yet. */
export async function frozenState(name: string): Promise<'frozen' | 'freezing' | 'thawed'> {
  const hierarchy = await freezer();
  const dir = join(hierarchy.dir, ROOT, name);
  if (hierarchy.version === 1) {
    const state = (await read(join(dir, 'freezer.state'))).trim();
    return state === 'FROZEN' ? 'frozen' : state === 'FREEZING' ? 'freezing' : 'thawed';
  }
  if (/^frozen 1$/m.test(await read(join(dir, 'cgroup.events')))) return 'frozen';
  return (await read(join(dir, 'cgroup.freeze'))).trim() === '1' ? 'freezing' : 'thawed';
}

function canFreeze(hierarchy: Hierarchy): boolean {
  return hierarchy.version === 2 || hierarchy.controllers.split(',').includes('freezer');
}

/** v1's freezer where there is one: beside it, v2 has no controllers and its freezer may be missing. */
async function freezer(): Promise<Hierarchy> {
  const all = (await hierarchies()).filter(canFreeze);
  const chosen = all.find((each) => each.version === 1) ?? all[0];
  if (chosen === undefined) throw new LabError('this machine has no cgroup with a freezer');
  return chosen;
}

async function makeIn(hierarchy: Hierarchy, name: string): Promise<string> {
  const controllers = hierarchy.controllers.split(',');
  let dir = hierarchy.dir;
  for (const part of [ROOT, name]) {
    if (hierarchy.version === 2) await delegateControllers(dir);
    const parent = dir;
    dir = join(parent, part);
    await mkdir(dir, { recursive: true });
    // A new cpuset is empty, and takes no process before it has CPUs.
    if (controllers.includes('cpuset')) await inherit(parent, dir, ['cpuset.cpus', 'cpuset.mems']);
  }
  if (controllers.includes('cpu')) await writeFile(join(dir, 'cpu.shares'), HOST_CPU_SHARES);
  return dir;
}

async function inherit(parent: string, child: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    if ((await read(join(child, file))).trim() !== '') continue;
    await writeFile(join(child, file), await readFile(join(parent, file)));
  }
}

async function delegateControllers(dir: string): Promise<void> {
  const available = (await read(join(dir, 'cgroup.controllers'))).trim();
  if (available === '') return;
  const enable = available.split(' ').map((controller) => `+${controller}`);
  await writeFile(join(dir, 'cgroup.subtree_control'), enable.join(' '));
}

/** One round of SIGKILL; true when nobody was left. In v1 a frozen process dies only once it is thawed. */
async function killAll(name: string): Promise<boolean> {
  const pids = await processesIn(name);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (err) {
      if (!hasCode(err, 'ESRCH')) throw err;
    }
  }
  if (pids.length > 0 && (await frozenState(name)) !== 'thawed') await setFrozen(name, false);
  return pids.length === 0;
}

async function removeGroup(name: string): Promise<void> {
  const all = await hierarchies();
  await eventually(
    async () => {
      await Promise.all(all.map(async ({ dir }) => removeTree(join(dir, ROOT, name))));
      return true;
    },
    { what: `the cgroup ${ROOT}/${name} is removed`, timeoutMs: END_TIMEOUT_MS },
  );
}

/** A cgroup's files cannot be removed, only its directories, from the leaves up. */
async function removeTree(dir: string): Promise<void> {
  for (const child of await subdirectories(dir)) await removeTree(join(dir, child));
  try {
    await rmdir(dir);
  } catch (err) {
    if (!hasCode(err, 'ENOENT')) throw err;
  }
}

async function pidsBelow(dir: string): Promise<readonly number[]> {
  const own = (await read(join(dir, 'cgroup.procs'))).split('\n').filter(Boolean).map(Number);
  const children = await subdirectories(dir);
  const below = await Promise.all(children.map(async (child) => pidsBelow(join(dir, child))));
  return [...own, ...below.flat()];
}

async function subdirectories(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (err) {
    if (hasCode(err, 'ENOENT')) return [];
    throw err;
  }
}

/** The file's text; nothing for a group that has just gone. */
async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (err) {
    if (hasCode(err, 'ENOENT', 'ENODEV')) return '';
    throw err;
  }
}
