export { openLab, type CutOptions, type Lab, type Where } from './lab.js';
export { LabError } from './errors.js';
export { eventually, type EventuallyOptions } from './machine/eventually.js';
export type { ExecOptions, ExecResult, RunningProcess } from './machine/run.js';
export type { HostPlan, LabPlan, Machine } from './plan/addresses.js';
export type { LabSettings } from './plan/settings.js';
export type { EtcdStatus, HostStatus, LabStatus } from './status.js';
export type { PowerState } from './host.js';
export type { ServiceAction } from './services.js';
