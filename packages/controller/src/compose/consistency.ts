import { LIMITS, type ProjectName } from '@nap/shared';
import { servicesOf, type Checked } from './checks/check.js';
import { checkCycles } from './checks/cycles.js';
import { checkFiles } from './checks/files.js';
import { checkImages } from './checks/images.js';
import { checkIsolation } from './checks/isolation.js';
import { checkMounts } from './checks/mounts.js';
import { checkNamespaces } from './checks/namespaces.js';
import { checkPorts } from './checks/ports.js';
import { checkReferences } from './checks/references.js';
import { checkReplicas } from './checks/replicas.js';
import { checkResources } from './checks/resources.js';
import type { Findings } from './findings.js';
import type { MapNode } from './node.js';
import type { Selection } from './profiles.js';

const CHECKS: readonly ((checked: Checked) => void)[] = [
  checkImages,
  checkReferences,
  checkCycles,
  checkReplicas,
  checkMounts,
  checkPorts,
  checkIsolation,
  checkFiles,
  checkNamespaces,
  checkResources,
];

/** Whether the parts of a normalised tree fit together; what does not is reported. */
export function checkConsistency(
  root: MapNode,
  project: ProjectName,
  disabled: Selection['disabled'],
  findings: Findings,
): void {
  const checked = { root, project, services: servicesOf(root), disabled, findings };
  if (checked.services.length > LIMITS.servicesPerProject) {
    // No further: the checks are made for projects of a bounded size.
    findings.error(root.place, 'services', `more than ${LIMITS.servicesPerProject} services`);
    return;
  }
  for (const check of CHECKS) check(checked);
}
