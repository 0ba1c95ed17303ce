import type { Lab } from '@nap/lab';
import { etcdctl } from '../chaos/etcd-state.js';

/** What is measured: by name, in bytes. */
export type Measured = ReadonlyMap<string, number>;

const KIB = 1024;
const RSS = /^VmRSS:\s+(\d+) kB/m;

/** Memory of the agents and of the daemons, and the databases of etcd: the whole file, and what of it is in use. */
export async function measure(lab: Lab, daemons: ReadonlyMap<string, number>): Promise<Measured> {
  const found = new Map<string, number>();
  for (const host of await lab.hosts()) {
    const script = 'cat /proc/$(systemctl show -p MainPID --value nap-agent)/status';
    note(found, `agent ${host}`, (await lab.exec(host, ['sh', '-c', script])).stdout);
  }
  for (const [name, pid] of daemons) {
    note(found, name, (await lab.exec('operator', ['cat', `/proc/${pid}/status`])).stdout);
  }
  const text = await etcdctl(lab, ['endpoint', 'status', '-w', 'json']);
  for (const { Endpoint, Status } of JSON.parse(text) as readonly RawStatus[]) {
    const member = new URL(Endpoint).hostname;
    found.set(`etcd ${member} database`, Status.dbSize);
    found.set(`etcd ${member} in use`, Status.dbSizeInUse);
  }
  return found;
}

interface RawStatus {
  readonly Endpoint: string;
  readonly Status: { readonly dbSize: number; readonly dbSizeInUse: number };
}

function note(found: Map<string, number>, name: string, status: string): void {
  const [, kib] = RSS.exec(status) ?? [];
  // One that has just been started again is measured the next time.
  if (kib !== undefined) found.set(name, Number(kib) * KIB);
}
