/** The daemon and what the commands are made of: for tests that run them on a store in memory. */
export {
  commitAsLeader,
  commitStoredAsLeader,
  waitConverged,
  type WaitArgs,
} from '../commands/carry-out.js';
export { selectProjects, type CommandContext } from '../commands/context.js';
export { forgetHost } from '../commands/host-rm.js';
export { withScale } from '../commands/load.js';
export { createFailover } from '../failover/failover.js';
export { afterPlan } from '../plan/after-plans.js';
export type { Plan } from '../plan/change.js';
export { toClusterView, type ClusterView } from '../plan/cluster-view.js';
export { DEFAULT_LOSS_POLICY } from '../plan/host-loss.js';
export { rollbackTarget } from '../plan/kept-revisions.js';
export { planDown } from '../plan/plan-down.js';
export { planForget } from '../plan/plan-forget.js';
export { planProject } from '../plan/plan-project.js';
export { planStored } from '../plan/plan-stored.js';
export { readView } from '../rollout/read-view.js';
export { changePolicy } from '../rollout/host-policy.js';
export { noStreams } from './streams.js';
export { FakeCluster, project, service } from './builders.js';
export { chosenServices, indexesOf } from '../commands/chosen-services.js';
export { withRestarts } from '../plan/restarts.js';
export { isStopped, withDependencies, withStarted, withStopped } from '../plan/stopped.js';
