import { LIMITS } from '@nap/shared';
import { child, entriesOf, numberAt, textAt } from '../node.js';
import { replicasOf } from '../carry/replicas.js';
import { isJob, restartOf } from '../carry/restart.js';
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
}

/** What only one container can have. */
const UNIQUE = {
  container_name: 'remove container_name: instances are called PROJECT-SERVICE-NUMBER',
  mac_address: 'remove it: the engine gives out addresses',
} as const;

function checkUnique({ node, path }: CheckedService, { findings }: Checked): void {
  const isGlobal = textAt(child(node, 'deploy'), 'mode')?.startsWith('global') === true;
  const many = isGlobal ? 'instances on all hosts' : `${replicasOf(node)} replicas`;
  if (!isGlobal && replicasOf(node) <= 1) return;
  for (const [key, hint] of Object.entries(UNIQUE)) {
    const value = child(node, key);
    if (value === undefined) continue;
    const message = `${many} cannot share one ${key.replace('_', ' ')}`;
    findings.error(value.place, `${path}.${key}`, message, hint);
  }
  for (const [name, { value: network }] of entriesOf(child(node, 'networks'))) {
    const address = child(network, 'mac_address');
    if (address === undefined) continue;
    const message = `${many} cannot share one mac address`;
    const at = `${path}.networks.${name}.mac_address`;
    findings.error(address.place, at, message, UNIQUE.mac_address);
  }
}

/** What a mode of deployment makes of other keys. */
function checkMode({ node, path }: CheckedService, { findings }: Checked): void {
  const deploy = child(node, 'deploy');
  const mode = textAt(deploy, 'mode') ?? 'replicated';
  const count = child(node, 'scale') ?? child(deploy, 'replicas');
  if (mode.startsWith('global') && count !== undefined) {
    const message = `a number of replicas counts for nothing with mode: ${mode}`;
    findings.warning(count.place, path, message, 'remove it: there is one on every host');
  }
  const { condition } = restartOf(node);
  if (!isJob(node) || condition === 'no' || condition === 'on-failure') return;
  const policy = child(child(deploy, 'restart_policy'), 'condition') ?? child(node, 'restart');
  const message = `a job ends, and is not to be restarted then: ${mode} takes none or on-failure`;
  const hint = 'use restart_policy: {condition: on-failure}, or remove the restart policy';
  findings.error((policy ?? node).place, path, message, hint);
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
  for (const service of checked.services) {
    checkCount(service, checked);
    checkUnique(service, checked);
    checkMode(service, checked);
  }
  checkNames(checked);
}
