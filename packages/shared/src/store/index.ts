/** The door to etcd: the port, and what opens a real store. */
export { untilAborted } from './abort.js';
export { openStore } from './etcd-store.js';
export { inspectEtcd, type EtcdInspector } from './inspect-etcd.js';
export { leaderIdentity } from './leadership.js';
export { STORE_LIMITS } from './limits.js';
export type * from './store.js';
