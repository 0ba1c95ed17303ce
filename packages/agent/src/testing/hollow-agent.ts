import type { HostId } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import type { AgentParts, AgentSettings } from '../agent-parts.js';
import type { TextFiles } from '../state/json-file.js';
import type { FakeDocker } from './fake-docker.js';
import { MemoryFileDisk } from './memory-file-disk.js';

export interface HollowOptions extends Pick<AgentParts, 'store' | 'clock' | 'random' | 'onFatal'> {
  readonly host: HostId;
  /** Of the host itself. */
  readonly address: string;
  readonly machine: string;
  readonly engine: FakeDocker;
  readonly settings: Pick<AgentSettings, 'leaseTtlS' | 'resyncMs'> & Partial<AgentSettings>;
}

const CONCURRENCY = 4;

/** What a whole agent needs on a host that is not there: an engine, hosts files and a disk in memory. */
export function hollowParts(options: HollowOptions): AgentParts {
  const { host, address, machine, engine, settings, store, clock, random, onFatal } = options;
  return {
    goingDown: () => Promise.resolve(undefined),
    settings: {
      ...{ host, address, labels: {}, resources: {} },
      stateDir: '/state',
      runDir: '/run/nap-agent',
      subnetFile: '/subnet.env',
      network: 'bridge',
      concurrency: CONCURRENCY,
      ...settings,
    },
    version: '0',
    ...{ machine, store, clock, random, onFatal },
    docker: engine,
    logins: { for: () => Promise.resolve({}) },
    hostsFiles: engine.hostsFiles,
    files: memoryFiles(),
    fileDisk: new MemoryFileDisk(),
    engineStart: () => Promise.resolve(engine.started),
    isFlannelConfigured: () => Promise.resolve(false),
    log: silentLog,
  };
}

function memoryFiles(): TextFiles {
  const disk = new Map<string, string>();
  return {
    read: (path) => Promise.resolve(disk.get(path)),
    write: (path, text) => {
      disk.set(path, text);
      return Promise.resolve();
    },
  };
}
