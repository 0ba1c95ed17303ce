import { ETCD_FINDINGS } from './catalogue-etcd.js';
import { FLANNEL_FINDINGS } from './catalogue-flannel.js';
import { HOST_FINDINGS } from './catalogue-host.js';

/** Everything that `doctor` can find; docs/doctor.md is written from it. */
export const CATALOGUE = { ...ETCD_FINDINGS, ...HOST_FINDINGS, ...FLANNEL_FINDINGS } as const;

export type FindingId = keyof typeof CATALOGUE;

export const AREAS = [
  ['etcd', ETCD_FINDINGS],
  ['Hosts', HOST_FINDINGS],
  ['flannel and the network', FLANNEL_FINDINGS],
] as const;
