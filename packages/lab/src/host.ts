/**
 * One host: a mount, pid, net, uts, ipc and cgroup namespace over a copy-on-write view of the machine, with systemd as
 * its PID 1. It exists as long as its PID 1 does; its network and its cgroups are made and removed around that.
 */
import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { endDelayProcess } from './delay.js';
import { makeEngineDisk } from './disk.js';
import { hasCode, LabError } from './errors.js';
import {
  endGroup,
  frozenState,
  guestGroup,
  hierarchies,
  makeGroup,
  processesIn,
} from './machine/cgroups.js';
import { exists } from './machine/files.js';
import { eventually } from './machine/eventually.js';
import { mountsBelow } from './machine/mounts.js';
import { commandLine, must, runDetached, type ExecOptions } from './machine/run.js';
import { inNetns, plugIn, unplug } from './network.js';
import { CHECKOUT_DIR, machineDir, script } from './paths.js';
import type { HostPlan } from './plan/addresses.js';
import type { FileSet } from './plan/host-files.js';

const BOOT_TIMEOUT_MS = 60_000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `on`: its PID 1 runs. `frozen`: it runs no instruction until thawed. */
export type PowerState = 'on' | 'frozen' | 'off';

/** Boots a host that is off, with the disk that it had. Resolves when its dockerd answers. */
export async function bootHost(
  host: HostPlan,
  files: FileSet,
  engineDiskMib: number,
): Promise<void> {
  await powerOff(host.name);
  await plugIn(host);
  await prepareDisk(host.name, files);
  if (engineDiskMib > 0) await makeEngineDisk(host.name, engineDiskMib);
  await startInit(host.name);
  await waitForDockerd(host.name);
  await writeFile(bootedMark(host.name), '');
}

/** Whether bootHost has come to its end, and the host has not lost power since. */
export async function isBooted(name: string): Promise<boolean> {
  return (await initPid(name)) !== undefined && (await exists(bootedMark(name)));
}

/** A power cut: the address goes dark, then every process dies at once. Does nothing when the host is off. */
export async function powerOff(name: string): Promise<void> {
  await unplug(name);
  await endDelayProcess(name);
  await rm(bootedMark(name), { force: true });
  await rm(machineDir(name, 'init.pid'), { force: true });
  await endGroup(name);
}

export async function powerState(name: string): Promise<PowerState> {
  if ((await initPid(name)) === undefined) return 'off';
  return (await frozenState(name)) === 'thawed' ? 'on' : 'frozen';
}

/** The words that run a command as root on a host. Throws LabError when the host cannot run any. */
export async function onHost(name: string, argv: readonly string[]): Promise<readonly string[]> {
  const state = await powerState(name);
  const pid = await initPid(name);
  if (pid === undefined) {
    throw new LabError(`${name} is off`, { hint: `start it: nap-lab start ${name}` });
  }
  if (state === 'frozen') {
    // A process that joins a frozen cgroup freezes too, and whoever waits for it with it.
    throw new LabError(`${name} is frozen`, { hint: `thaw it: nap-lab thaw ${name}` });
  }
  const namespaces = ['-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w'];
  const terminal = process.env['TERM'] ?? 'dumb';
  return [
    script('join'),
    ...(await guestGroup(name)),
    '--',
    'nsenter',
    '-t',
    String(pid),
    ...namespaces,
    'env',
    '-i',
    `PATH=${PATH}`,
    'HOME=/root',
    'LANG=C.UTF-8',
    `TERM=${terminal}`,
    ...argv,
  ];
}

/** Runs a command on a host that has to succeed, and returns what it wrote. */
export async function mustOnHost(
  name: string,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<string> {
  const shown = `${commandLine(argv)} on ${name}`;
  return must(await onHost(name, argv), { ...options, shown });
}

/** The machine's pid of a host's PID 1. */
async function initPid(name: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(machineDir(name, 'init.pid'), 'utf8'));
    // The number may be somebody else's by now: only a member of the host's cgroup is the host's.
    return (await processesIn(name)).includes(pid) ? pid : undefined;
  } catch (err) {
    if (hasCode(err, 'ENOENT')) return undefined;
    throw err;
  }
}

/** A path of this machine at which dockerd of a host answers, or would; undefined while the host is off. */
export async function dockerSocket(name: string): Promise<string | undefined> {
  const pid = await initPid(name);
  return pid === undefined ? undefined : `/proc/${pid}/root/run/docker.sock`;
}

async function prepareDisk(name: string, files: FileSet): Promise<void> {
  for (const each of ['root', 'overlay', 'docker', 'containerd']) {
    await mkdir(machineDir(name, each), { recursive: true });
  }
  const overlay = machineDir(name, 'overlay');
  if ((await mountsBelow(overlay)).length === 0) {
    await must(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'nap-lab', overlay]);
  }
  await mkdir(join(overlay, 'upper'), { recursive: true });
  await mkdir(join(overlay, 'work'), { recursive: true });
  await writeOnce(machineDir(name, 'machine-id'), `${randomUUID().replaceAll('-', '')}\n`);
  await writeInstallFiles(name, files);
}

/** scripts/host-init copies them onto the host at its first boot. */
async function writeInstallFiles(name: string, files: FileSet): Promise<void> {
  const install = machineDir(name, 'install');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(install, path)), { recursive: true });
    await writeFile(join(install, path), content);
  }
  const flanneld = join(install, '/usr/local/sbin/flanneld');
  await mkdir(dirname(flanneld), { recursive: true });
  await cp(script('flanneld'), flanneld);
  await chmod(flanneld, 0o755);
}

async function startInit(name: string): Promise<void> {
  const all = await hierarchies();
  const environment = {
    NAME: name,
    DIR: machineDir(name),
    SHARE: CHECKOUT_DIR,
    NODE: process.execPath,
    CGROUPS: all
      .filter(({ version }) => version === 1)
      .map(({ controllers, dir }) => `${controllers}:${dir}`)
      .join(' '),
    CGROUP2: all.find(({ version }) => version === 2)?.dir ?? '',
  };
  const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const inGroup = [script('join'), ...(await makeGroup(name)), '--'];
  const unshare = ['unshare', '-m', '-u', '-i', '-p', '-C', '--fork', '--propagation', 'private'];
  const init = ['env', '-i', `PATH=${PATH}`, ...variables, script('host-init')];
  runDetached([...inGroup, ...inNetns(name), ...unshare, ...init], consoleLog(name));
}

/**
 * systemd makes docker.socket early, and holds a request to it until dockerd serves it: so one that is answered says
 * that the host is up. The socket is reached through the file system, from outside.
 */
async function waitForDockerd(name: string): Promise<void> {
  const hint = `see ${consoleLog(name)}, and: nap-lab exec ${name} -- journalctl -u docker`;
  const deadline = { timeoutMs: BOOT_TIMEOUT_MS, hint };
  await eventually(
    async () => {
      const socket = await dockerSocket(name);
      return socket !== undefined && (await answersPing(socket));
    },
    { what: `dockerd on ${name} answers`, ...deadline },
  );
}

async function answersPing(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: BOOT_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => {
      ping.destroy();
    });
    ping.on('error', () => {
      resolve(false);
    });
    ping.end();
  });
}

function bootedMark(name: string): string {
  return machineDir(name, 'booted');
}

function consoleLog(name: string): string {
  return machineDir(name, 'console.log');
}

async function writeOnce(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' });
  } catch (err) {
    if (!hasCode(err, 'EEXIST')) throw err;
  }
}
