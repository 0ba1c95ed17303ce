import type { HostId } from '@nap/shared';
import type { Clock, Log } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import type { ApiEndpoint } from './api/api-server.js';
import type { Pulse } from './docker/engine-pulse.js';
import type { FileDisk } from './container-files/file-disk.js';
import type { DockerPort } from './docker/docker-port.js';
import type { EngineStart } from './docker/engine-start.js';
import type { GoingDown } from './host/going-down.js';
import type { HostsFileIo } from './hosts-file/write.js';
import type { RegistryLogins } from './images/registry-logins.js';
import type { NetworkMode } from './network/choose-network.js';
import type { OneOffs } from './one-offs/one-offs.js';
import type { TextFiles } from './state/json-file.js';

export interface AgentSettings {
  readonly host: HostId;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the host has to lend, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly stateDir: string;
  /** In memory, and empty after a boot: secrets are here. */
  readonly runDir: string;
  readonly subnetFile: string;
  readonly network: NetworkMode;
  readonly concurrency: number;
  readonly resyncMs: number;
  readonly leaseTtlS: number;
}

/** Everything that an agent touches, so that a test can bring its own. */
export interface AgentParts {
  readonly settings: AgentSettings;
  readonly version: string;
  /** The machine's own id. */
  readonly machine: string;
  readonly store: Store;
  readonly docker: DockerPort;
  readonly logins: RegistryLogins;
  readonly hostsFiles: HostsFileIo;
  readonly files: TextFiles;
  readonly fileDisk: FileDisk;
  readonly engineStart: () => Promise<EngineStart>;
  /** Asked when the agent stops: undefined when it stops alone. */
  readonly goingDown: () => Promise<GoingDown | undefined>;
  readonly isFlannelConfigured: () => Promise<boolean>;
  /** Absent: operators cannot ask this agent. */
  readonly api?: ApiEndpoint;
  /** Absent: nobody asks whether the engine answers at all. */
  readonly pulse?: Pulse;
  /** What operators start beside the instances; absent: nothing. */
  readonly oneOffs?: OneOffs;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** This agent must not go on: another machine is this host, or nap has a bug. */
  readonly onFatal: (err: unknown) => void;
}
