import { bytesText } from '../output/units.js';
import type { DoctorFacts } from './doctor-facts.js';
import { finding, type Finding } from './finding.js';

const FULL_PERCENT = 95;
const FILLING_PERCENT = 85;

/** Disks and the time service: what a host says of itself. */
export function judgeDisks({ hosts }: DoctorFacts): readonly Finding[] {
  return [...hosts].flatMap(([id, { disks, clock }]) => [
    ...(clock?.isSynchronised === false
      ? [finding('host-clock-unsynchronised', id, 'its time service has not synchronised')]
      : []),
    ...disks.flatMap(({ path, totalBytes, usedPercent, usedInodesPercent = 0 }) => {
      const percent = Math.max(usedPercent, usedInodesPercent);
      if (percent < FILLING_PERCENT) return [];
      const what =
        usedPercent >= usedInodesPercent
          ? `${usedPercent} % of ${bytesText(totalBytes)}`
          : `${usedInodesPercent} % of the inodes`;
      const which = percent >= FULL_PERCENT ? 'disk-full' : 'disk-filling';
      return [finding(which, id, `${path}: ${what} used`)];
    }),
  ]);
}
