import type { ContainerInspectInfo } from 'dockerode';
import type { AttachedVolume, Health, ObservedContainer, RunState } from '../reconcile/observed.js';
import { LABEL, notInherited, readDrainMs, readLabels, readPreStop } from './labels.js';
import { readNetworkMode, readPartners } from './partner-ids.js';

const ANONYMOUS = /^[0-9a-f]{64}$/;
const STOP_GRACE_DEFAULT_S = 10;
const HEALTHS: readonly Health[] = ['none', 'starting', 'healthy', 'unhealthy'];

/** What the engine says of one container, in nap's words; undefined for a container that is not nap's. */
export function readInspect(info: ContainerInspectInfo): ObservedContainer | undefined {
  const labels = readLabels(notInherited(info.Config.Labels, info.Config.Image));
  if (labels === undefined) return undefined;
  const run = runState(info);
  const ip = run.state === 'running' ? addressOf(info) : undefined;
  return {
    ...labels,
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    image: info.Config.Image,
    imageId: info.Image,
    createdAtMs: parseTime(info.Created),
    run,
    network: readNetworkMode(info.HostConfig.NetworkMode),
    ...(ip === undefined ? {} : { ip }),
    hostsPath: info.HostsPath,
    volumes: info.Mounts.flatMap(volumeOf),
    binds: info.Mounts.flatMap(({ Type, Source }) => (Type === 'bind' ? [Source] : [])),
    seeds: seedsOf(info),
    stopGraceMs: stopTimeoutS(info) * 1000,
    drainMs: readDrainMs(info.Config.Labels[LABEL.drainMs]),
    preStop: readPreStop(info.Config.Labels[LABEL.preStop]),
    partners: readPartners(info.Config.Labels[LABEL.partners]),
  };
}

/** The lines that nap gave it at its creation. */
export function seedsOf({ Config, HostConfig }: ContainerInspectInfo): readonly string[] {
  const extraHosts: unknown = HostConfig.ExtraHosts;
  const seeds = Number(Config.Labels[LABEL.seeds] ?? 0);
  return seeds > 0 && Array.isArray(extraHosts) ? extraHosts.slice(-seeds).map(String) : [];
}

export function stopTimeoutS({ Config }: ContainerInspectInfo): number {
  // The library's types do not have it.
  const timeoutS: unknown = 'StopTimeout' in Config ? Config.StopTimeout : undefined;
  return typeof timeoutS === 'number' ? timeoutS : STOP_GRACE_DEFAULT_S;
}

export function parseTime(text: string): number {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? 0 : ms;
}

/** The engine's zero time is the year 1. */
const isSet = (time: string): boolean => parseTime(time) > 0;

export function runState({ State, HostConfig }: ContainerInspectInfo): RunState {
  if (State.Dead || State.Status === 'removing') return { state: 'dead' };
  const startedAt = State.StartedAt;
  const startedAtMs = parseTime(startedAt);
  if (State.Running) {
    const health = HEALTHS.find((known) => known === State.Health?.Status) ?? 'none';
    return { state: 'running', startedAt, startedAtMs, health, isPaused: State.Paused };
  }
  if (!isSet(startedAt)) return { state: 'created' };
  const finishedAtMs = parseTime(State.FinishedAt);
  const exitCode = State.ExitCode;
  const ended = { state: 'exited', startedAt, startedAtMs, finishedAtMs, exitCode } as const;
  if (!State.OOMKilled) return ended;
  const limitBytes = HostConfig.Memory ?? 0;
  return { ...ended, outOfMemory: limitBytes > 0 ? { limitBytes } : {} };
}

/** The first network that gives one; the default bridge's stands at the top level as well. */
export function addressOf({ NetworkSettings }: ContainerInspectInfo): string | undefined {
  const addresses = Object.values(NetworkSettings.Networks).map((network) => network.IPAddress);
  return addresses.find((address) => address !== '');
}

function volumeOf(mount: ContainerInspectInfo['Mounts'][number]): readonly AttachedVolume[] {
  if (mount.Type !== 'volume' || mount.Name === undefined) return [];
  return [{ name: mount.Name, target: mount.Destination, isAnonymous: ANONYMOUS.test(mount.Name) }];
}
