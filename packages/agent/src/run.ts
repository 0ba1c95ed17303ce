import { readFile } from 'node:fs/promises';
import { NapError, type HostId } from '@nap/shared';
import {
  createLog,
  processSignals,
  readStoreOptions,
  runLifecycle,
  systemClock,
  type Log,
} from '@nap/shared/runtime';
import { openStore, type Store, type StoreOptions } from '@nap/shared/store';
import { createAgent } from './agent.js';
import type { AgentParts } from './agent-parts.js';
import { ApiServer } from './api/api-server.js';
import { readApiSettings } from './api/api-settings.js';
import { readConfig, type AgentFlags } from './config.js';
import { fileDisk } from './container-files/file-disk.js';
import { openDocker } from './docker/dockerode-gateway.js';
import { openOperatorDocker } from './docker/operator-gateway.js';
import { openOneOffDocker } from './docker/one-off-gateway.js';
import { engineStart } from './docker/engine-start.js';
import { askCredentialHelper } from './images/credential-helper.js';
import { pullImage } from './images/pull-image.js';
import { dockerLogins } from './images/registry-logins.js';
import { collectFacts } from './facts/collect-facts.js';
import { factsPublisher } from './facts/facts-publisher.js';
import { hostProbe } from './facts/host-probe.js';
import { goingDown } from './host/going-down.js';
import { hostResources } from './host/host-resources.js';
import { EnginePulse, pingEngine, type Pulse } from './docker/engine-pulse.js';
import { hostAddress } from './host/host-address.js';
import { diskHostsFiles } from './hosts-file/write.js';
import { OneOffs } from './one-offs/one-offs.js';
import { diskFiles } from './state/json-file.js';
import { agentVersion } from './version.js';

const STOP_WITHIN_MS = 20_000;
const MACHINE_ID = '/etc/machine-id';

/** Runs until a signal or a failure; resolves with the exit code. Throws BAD_CONFIG before anything is started. */
export async function runAgent(flags: AgentFlags): Promise<number> {
  const config = readConfig(flags);
  const storeOptions = await readStoreOptions(flags);
  const address = config.address ?? (await hostAddress(storeOptions.endpoints));
  const machine = await machineId();
  const version = agentVersion();
  const log = createLog({ level: flags.logLevel, fields: { host: config.host } });
  const store = openStore({ ...storeOptions, log });
  const fatal = new AbortController();
  const docker = openDocker(flags.dockerSocket);
  const { stateDir, runDir, subnetFile } = flags;
  const probed = { ...{ probe: hostProbe, docker, subnetFile }, directories: [stateDir, runDir] };
  const facts = factsPublisher({
    ...{ host: config.host, store, log, clock: systemClock, random: Math.random },
    collect: (network) => collectFacts(probed, network),
  });
  const logins = dockerLogins({
    readConfig: () => diskFiles.read(`${dockerConfigDir(flags)}/config.json`),
    askHelper: (helper, server) => askCredentialHelper(helper, server, process.env),
  });
  const oneOffs = openOneOffs(flags, { host: config.host, docker, store, logins, log });
  const ping = pingEngine(flags.dockerSocket);
  const pulse = new EnginePulse({ ping, log, clock: systemClock });
  const apiParts = { host: config.host, address, version, log, docker, logins, oneOffs, pulse };
  const api = await openApi(flags, apiParts);
  const agent = createAgent({
    settings: {
      ...config,
      address,
      resources: await hostResources(config.resources),
      ...{ stateDir, runDir, subnetFile },
      network: flags.network,
    },
    ...{ version, machine, store, log },
    ...{ docker, logins },
    ...(api === undefined ? {} : { api }),
    ...{ oneOffs, pulse },
    hostsFiles: diskHostsFiles,
    files: diskFiles,
    fileDisk,
    engineStart: () => engineStart(flags.dockerPidFile),
    goingDown: () => goingDown(),
    isFlannelConfigured: () => isFlannelConfigured(storeOptions, flags.flannelPrefix, log),
    clock: systemClock,
    random: Math.random,
    onFatal: (err) => {
      fatal.abort(err);
    },
  });
  log.info('agent starts', { version, address, etcd: storeOptions.endpoints.join(',') });
  // The store is not closed on purpose: closing revokes the lease, and with it the names of containers that run on.
  return runLifecycle({
    components: [...(api === undefined ? [] : [api]), pulse, agent, facts],
    signals: processSignals,
    clock: systemClock,
    log,
    stopWithinMs: STOP_WITHIN_MS,
    signal: fatal.signal,
  });
}

function openOneOffs(
  flags: AgentFlags,
  parts: Pick<AgentParts, 'store' | 'docker' | 'logins' | 'log'> & { readonly host: HostId },
): OneOffs {
  const { host, docker, store, logins, log } = parts;
  return new OneOffs({
    ...{ host, docker, store, log, clock: systemClock, random: Math.random },
    port: openOneOffDocker(flags.dockerSocket),
    pull: (image, onProgress, signal) =>
      pullImage({ ...image, onProgress }, { docker, logins, log }, signal),
  });
}

/** Undefined where the operator wants none. Throws BAD_CONFIG. */
async function openApi(
  flags: AgentFlags,
  parts: Pick<AgentParts, 'version' | 'log' | 'docker' | 'logins'> & {
    readonly host: HostId;
    readonly address: string;
    readonly oneOffs: OneOffs;
    readonly pulse: Pulse;
  },
): Promise<ApiServer | undefined> {
  const settings = await readApiSettings(flags, parts.address);
  if (settings === undefined) return undefined;
  const { host, version, docker, logins, oneOffs, log, pulse } = parts;
  return new ApiServer({
    ...{ settings, host, version, oneOffs, log, pulse },
    docker: openOperatorDocker(flags.dockerSocket),
    pull: (image, signal) => pullImage({ image }, { docker, logins, log }, signal),
    clock: systemClock,
  });
}

/** As the command line client does, for root. */
function dockerConfigDir({ dockerConfig }: AgentFlags): string {
  return dockerConfig ?? process.env['DOCKER_CONFIG'] ?? '/root/.docker';
}

async function machineId(): Promise<string> {
  try {
    return (await readFile(MACHINE_ID, 'utf8')).trim();
  } catch (cause) {
    throw new NapError(
      'BAD_CONFIG',
      `cannot read ${MACHINE_ID}, which tells this machine from others`,
      {
        hint: 'systemd-machine-id-setup makes one',
        cause,
      },
    );
  }
}

/** Asked only while flannel has written no file on this host. etcd away: it does not say so. */
async function isFlannelConfigured(
  options: StoreOptions,
  prefix: string,
  log: Log,
): Promise<boolean> {
  let store: Store | undefined;
  try {
    store = openStore({ ...options, root: prefix });
    return (await store.get('config')) !== undefined;
  } catch (err) {
    log.debug('cannot ask etcd about flannel', { err });
    return false;
  } finally {
    await store?.close();
  }
}
