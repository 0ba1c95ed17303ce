/** The planner as others than the command line use it: pure functions from a view of the cluster to a plan. */
export type { Change, Plan, Unplaced } from './change.js';
export type { ClusterView, HostView } from './cluster-view.js';
export { planProject, type ApplyContext } from './plan-project.js';
