/** Clocks, logs, loops and the life of a process. */
export * from './backoff.js';
export * from './clock.js';
export * from './control-loop.js';
export * from './deadline.js';
export * from './etcd-options.js';
export * from './lifecycle.js';
export * from './log.js';
export * from './many-listeners.js';
export * from './read-named.js';
