/** The whole agent, and what it runs on in memory: for tests that need more than one of them. */
export { createAgent } from '../agent.js';
export type { AgentParts } from '../agent-parts.js';
export type {
  DockerPort,
  EngineEvent,
  EventHandlers,
  EventOptions,
} from '../docker/docker-port.js';
export type { HostsFileIo } from '../hosts-file/write.js';
export type { ObservedContainer } from '../reconcile/observed.js';
export type { TextFiles } from '../state/json-file.js';
export { FakeDocker, type Program } from './fake-docker.js';
export { hollowParts, type HollowOptions } from './hollow-agent.js';
export { MemoryFileDisk } from './memory-file-disk.js';
export { canRunDockerd, startPrivateDockerd, type PrivateDockerd } from './private-dockerd.js';
