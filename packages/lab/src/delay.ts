/** A long wire between a machine and etcd, in any kernel: a process in the machine's network holds what goes either way. */
import { rm } from 'node:fs/promises';
import { killDaemon, startDaemon } from './daemon.js';
import { LabError } from './errors.js';
import { addRules, removeRules } from './network.js';
import { machineDir, script } from './paths.js';
import type { Machine } from './plan/addresses.js';
import { DELAY_GID, DELAY_TAG, delayRules, wireArgument, wiresTo } from './plan/delay-wires.js';
import { isListening } from './registry.js';

/** Longer than anybody waits for etcd. */
const DELAY_MAX_MS = 60_000;
const WAYS = 2;

/** An answer of these members takes so many ms longer. Replaces a delay that this machine has. */
export async function startDelay(
  { name }: Machine,
  members: readonly Machine[],
  ms: number,
): Promise<void> {
  if (!(ms >= 1 && ms <= DELAY_MAX_MS)) {
    throw new LabError(`a delay of ${ms} ms cannot be had`, {
      hint: `1 to ${DELAY_MAX_MS} ms can`,
    });
  }
  await endDelay(name);
  const wires = wiresTo(members);
  const asGroup = ['setpriv', `--regid=${DELAY_GID}`, '--clear-groups'];
  const oneWayMs = String(Math.round(ms / WAYS));
  await startDaemon({
    name: daemonOf(name),
    netns: name,
    argv: [
      ...asGroup,
      ...[process.execPath, script('delay.mjs'), oneWayMs],
      ...wires.map(wireArgument),
    ],
    isReady: async () => {
      const listening = wires.map(async ({ port }) => isListening(name, '127.0.0.1', port));
      return (await Promise.all(listening)).every(Boolean);
    },
  });
  await addRules(name, delayRules(wires));
}

/** New connections go straight first, and then those that are held end. */
export async function endDelay(name: string): Promise<void> {
  for (const table of ['filter', 'nat']) {
    await removeRules(name, { table, chain: 'OUTPUT', with: DELAY_TAG });
  }
  await endDelayProcess(name);
}

/** Of a machine whose network is gone, and its rules with it. */
export async function endDelayProcess(name: string): Promise<void> {
  const daemon = daemonOf(name);
  await killDaemon(daemon);
  await rm(machineDir(daemon), { recursive: true, force: true });
}

const daemonOf = (name: string): string => `delay-${name}`;
