import { openLab, type Lab, type LabSettings } from '@nap/lab';

/** Brings a lab up for some work and takes it down again; one that is up is used as it is, and stays. */
export async function withLab<T>(
  choices: Partial<LabSettings>,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  const lab = openLab();
  const isUp = await lab.settings().then(
    () => true,
    () => false,
  );
  if (!isUp) await lab.up(choices);
  try {
    return await work(lab);
  } finally {
    if (!isUp) await lab.down();
  }
}
