/** The planner as others than the command line use it: pure functions from a view of the cluster to a plan. */
export type { Change, Plan, Unplaced } from './change.js';
export { toClusterView, type ClusterView, type HostView } from './cluster-view.js';
export { DocumentCache } from './document-cache.js';
export { planProject, type ApplyContext } from './plan-project.js';
export { planStored } from './plan-stored.js';
