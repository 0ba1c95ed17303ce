/**
 * Makes a port of a host reachable on this machine's loopback. A process has one network, so it takes two relays: one in
 * this machine's, one in the lab's, and a unix socket between them, which belongs to no network.
 */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isRunning, killDaemon, startDaemon } from './daemon.js';
import { hasCode, LabError } from './errors.js';
import { groups } from './machine/cgroups.js';
import { exists } from './machine/files.js';
import { machineDir, script } from './paths.js';
import type { Machine } from './plan/addresses.js';

const PREFIX = 'forward-';

/** http://127.0.0.1:localPort on this machine is then `port` of `machine`. Replaces a forward of the same local port. */
export async function startForward(localPort: number, to: Machine, port: number): Promise<void> {
  await stopForward(localPort);
  await checkPortIsFree(localPort);
  const [outside, inside] = names(localPort);
  const socket = machineDir(inside, 'relay.sock');
  await startDaemon({
    name: inside,
    netns: 'operator',
    argv: [process.execPath, script('relay.mjs'), socket, `${to.ip}:${port}`],
    isReady: async () => exists(socket),
  });
  await startDaemon({
    name: outside,
    argv: [process.execPath, script('relay.mjs'), `127.0.0.1:${localPort}`, socket],
    isReady: async () => !(await isPortFree(localPort)),
  });
  if (!(await isRunning(outside))) throw new LabError(`port ${localPort} was taken meanwhile`);
}

export async function stopForward(localPort: number): Promise<void> {
  for (const name of names(localPort)) {
    await killDaemon(name);
    await rm(machineDir(name), { recursive: true, force: true });
  }
}

/** The local ports that are forwarded. */
export async function forwardedPorts(): Promise<readonly number[]> {
  const found = (await groups()).map((name) => /^forward-(\d+)-outside$/.exec(name)?.[1]);
  return found.filter((port) => port !== undefined).map(Number);
}

function names(localPort: number): readonly [outside: string, inside: string] {
  return [`${PREFIX}${localPort}-outside`, `${PREFIX}${localPort}-inside`];
}

async function checkPortIsFree(port: number): Promise<void> {
  if (await isPortFree(port)) return;
  throw new LabError(`port ${port} of 127.0.0.1 is in use`, { hint: 'choose another local port' });
}

async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (err) => {
      if (hasCode(err, 'EADDRINUSE')) resolve(false);
      else reject(err);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
