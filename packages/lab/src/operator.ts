/** The operator's machine: a network of its own on the lab's LAN, with the file system of this machine. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGroup } from './machine/cgroups.js';
import { inNetns } from './network.js';
import { CHECKOUT_DIR, machineDir, script } from './paths.js';
import { etcdEndpoint, type LabPlan } from './plan/addresses.js';
import { etcHosts, RESOLV_CONF } from './plan/host-files.js';

export async function prepareOperator(plan: LabPlan): Promise<void> {
  const controller = join(CHECKOUT_DIR, 'packages/controller/dist/main.js');
  // As the first line of main.ts has it; there node is found by the PATH.
  const command = `#!/bin/sh\nexec '${process.execPath}' --disable-warning=DEP0123 -- '${controller}' "$@"\n`;
  await mkdir(machineDir('operator', 'bin'), { recursive: true });
  await writeFile(machineDir('operator', 'bin/nap-controller'), command, { mode: 0o755 });
  await writeFile(machineDir('operator', 'hosts'), etcHosts(plan));
  await writeFile(machineDir('operator', 'resolv.conf'), RESOLV_CONF);
  await writeFile(machineDir('operator', 'etcd-endpoints'), plan.etcd.map(etcdEndpoint).join(','));
}

/** The words that run a command on a machine that has no file system of its own: the operator's, an etcd member's. */
export async function onNetns(name: string, argv: readonly string[]): Promise<readonly string[]> {
  // Always the operator's cgroup: what is typed beside an etcd member must neither freeze nor die with it.
  const group = await makeGroup('operator');
  const ownFiles = ['unshare', '-m', '--propagation', 'private', script('operator-files')];
  return [
    script('join'),
    ...group,
    '--',
    ...inNetns(name),
    ...ownFiles,
    machineDir('operator'),
    ...argv,
  ];
}
