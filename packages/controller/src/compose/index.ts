/** The door of the loader: Compose files in, a project or problems out. */
export { loadProject, type LoadOptions } from './load.js';
export type { LoadResult } from './pipeline.js';
export { renderConfig, type ComposeModel } from './render-config.js';
