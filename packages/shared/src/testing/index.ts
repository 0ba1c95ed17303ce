/** Fakes behind ports, and real etcd on loopback. For tests only: lint keeps it out of the product. */
export * from './etcd-process-certificates.js';
export * from './etcd-process.js';
export * from './eventually.js';
export * from './held-watches.js';
export * from './manual-clock.js';
export * from './memory-etcd.js';
export * from './memory-store.js';
export * from './memory-watches.js';
export * from './seeded-random.js';
export * from './store-bed.js';
export * from './store-writes.js';
export * from './tcp-proxy.js';
export * from './wire.js';
export * from './wired-store.js';
