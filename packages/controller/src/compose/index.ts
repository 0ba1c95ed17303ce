/** The door of the loader: Compose files in, a project or problems out. */
export type { SupportEntry } from './findings.js';
export { loadProject, type LoadOptions } from './load.js';
export type { LoadResult, Pass } from './pipeline.js';
export { renderConfig, type ComposeModel, type ConfigValue } from './render-config.js';
export type { AskedVariable } from './variables.js';
export { exportProject, renderExport, type ExportedProject } from './export/export-project.js';
export type { SuppliedFile } from './export/granted-files.js';
