import { constants } from 'node:os';
import { openLab, type Lab, type LabSettings } from '@nap/lab';
import { processSignals } from '@nap/shared/runtime';

/**
 * Brings a lab up for some work and takes it down again, also when the work is ended by a signal; one that is up is used as
 * it is, and stays, with whatever is broken in it at that moment.
 */
export async function withLab<T>(
  choices: Partial<LabSettings>,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  const lab = openLab();
  const isUp = await lab.settings().then(
    () => true,
    () => false,
  );
  const unsubscribe = processSignals((signal) => {
    void leave(lab, signal, isUp);
  });
  if (!isUp) await lab.up(choices);
  try {
    return await work(lab);
  } finally {
    unsubscribe();
    if (!isUp) await lab.down();
  }
}

async function leave(lab: Lab, signal: 'SIGINT' | 'SIGTERM', isUp: boolean): Promise<void> {
  process.stderr.write(
    isUp
      ? `${signal}: what was broken stays so: nap-lab down, and up, makes the lab anew\n`
      : `${signal}: takes the lab down\n`,
  );
  if (!isUp) {
    await lab.down().catch((err: unknown) => {
      process.stderr.write(`${String(err)}\n`);
    });
  }
  process.exit(128 + constants.signals[signal]);
}
