import { LIMITS } from '@nap/shared';
import { child, numberAt, textAt } from '../node.js';
import { replicasOf } from '../to-project.js';
import type { Checked, CheckedService } from './check.js';

function checkCount(service: CheckedService, { findings }: Checked): void {
  const { node, path, place } = service;
  const scale = numberAt(node, 'scale');
  const replicas = numberAt(child(node, 'deploy'), 'replicas');
  const at = child(node, 'scale') ?? child(child(node, 'deploy'), 'replicas');
  if (scale !== undefined && replicas !== undefined && scale !== replicas) {
    const message = `scale is ${scale} and deploy.replicas is ${replicas}`;
    findings.error(at?.place ?? place, `${path}.scale`, message, 'keep one of them');
  }
  if (replicasOf(node) > LIMITS.replicasPerService) {
    const message = `more than ${LIMITS.replicasPerService} replicas`;
    findings.error(at?.place ?? place, path, message);
  }
  if (textAt(node, 'container_name') !== undefined && replicasOf(node) > 1) {
    findings.error(
      child(node, 'container_name')?.place ?? place,
      `${path}.container_name`,
      `${replicasOf(node)} replicas cannot share one container name`,
      'remove container_name: instances are called PROJECT-SERVICE-NUMBER',
    );
  }
}

/** The service whose instance is called so by default, such as `web` for `shop-web-2`. */
function defaultOwner(name: string, checked: Checked): string | undefined {
  return checked.services.find(({ name: service, node }) => {
    const prefix = `${checked.project}-${service}-`;
    if (!name.startsWith(prefix) || textAt(node, 'container_name') !== undefined) return false;
    const index = name.slice(prefix.length);
    return /^[1-9]\d*$/.test(index) && Number(index) <= replicasOf(node);
  })?.name;
}

function checkNames(checked: Checked): void {
  const owners = new Map<string, CheckedService>();
  for (const service of checked.services) {
    const name = textAt(service.node, 'container_name');
    if (name === undefined) continue;
    const other = owners.get(name)?.name ?? defaultOwner(name, checked);
    owners.set(name, service);
    if (other === undefined) continue;
    const { place } = child(service.node, 'container_name') ?? service;
    checked.findings.error(
      place,
      `${service.path}.container_name`,
      `"${name}" is the container name of the service ${other} too`,
      'container names are unique in the whole cluster',
    );
  }
}

/** As many instances as there can be, each with a name of its own. */
export function checkReplicas(checked: Checked): void {
  for (const service of checked.services) checkCount(service, checked);
  checkNames(checked);
}
