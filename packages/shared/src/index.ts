/** The pure door of @nap/shared: model, schema and errors. No I/O; etcd is behind `/store`, clocks and logs behind
 * `/runtime`; `/errors` are the errors alone, for who must start fast. */
export * from './errors/index.js';
export * from './model/cidr.js';
export * from './model/dropped-volumes.js';
export * from './model/engine-features.js';
export * from './model/engine-names.js';
export * from './model/equal-documents.js';
export type * from './model/etcd-state.js';
export * from './model/file-digest.js';
export * from './model/fnv1a.js';
export * from './model/hosts-file-problem.js';
export * from './model/ids.js';
export * from './model/instance.js';
export * from './model/last-lines.js';
export * from './model/limits.js';
export * from './model/name-table.js';
export * from './model/paused-by-hand.js';
export * from './model/spec-hash.js';
export * from './model/templates.js';
export * from './schema/agent-api.js';
export * from './schema/codec.js';
export * from './schema/container-spec.js';
export * from './schema/documents.js';
export * from './schema/host-facts.js';
export { instanceIdSchema } from './schema/ids.js';
export * from './schema/keys.js';
export * from './schema/project.js';
export * from './schema/scheduling.js';
