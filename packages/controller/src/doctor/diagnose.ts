import type { DoctorFacts } from './doctor-facts.js';
import { SEVERITIES, type Finding } from './finding.js';
import { judgeDisks } from './judge-disks.js';
import { judgeEtcd } from './judge-etcd.js';
import { judgeFlannelHosts } from './judge-flannel-hosts.js';
import { judgeFlannel } from './judge-flannel.js';
import { judgeHosts } from './judge-hosts.js';
import { judgeNetwork } from './judge-network.js';

const JUDGES = [
  judgeEtcd,
  judgeHosts,
  judgeDisks,
  judgeFlannel,
  judgeFlannelHosts,
  judgeNetwork,
] as const;

/** Everything that is found, the worst first; within a severity in the order of the areas. */
export function diagnose(facts: DoctorFacts): readonly Finding[] {
  const all = JUDGES.flatMap((judge) => judge(facts));
  return SEVERITIES.flatMap((severity) => all.filter((it) => it.severity === severity));
}
