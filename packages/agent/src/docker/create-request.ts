import {
  fillHostTemplates,
  hasFeature,
  type ContainerSpec,
  type FileSpec,
  type HealthcheckSpec,
  type HostId,
  type Placement,
  type TemplateHost,
} from '@nap/shared';
import type { AttachedVolume } from '../reconcile/observed.js';
import type { CreateRequest, EngineHealthcheck } from './create-body.js';
import { isolationFields } from './create-isolation.js';
import { mountFields } from './create-mounts.js';
import { networkConfig, networkFields, networkOwner } from './create-network.js';
import { resourceFields } from './create-resources.js';
import { given } from './given.js';
import { LABEL, ownLabels, UNSET } from './labels.js';
import { formatPartners, type PartnerIds } from './partner-ids.js';

export interface CreateContext {
  readonly name: string;
  readonly placement: Placement;
  readonly cluster: string;
  readonly host: HostId;
  /** The engine's own: for placeholders. */
  readonly platform: TemplateHost['platform'];
  /** The engine's network for instances: `bridge` or `nap`. */
  readonly network: string;
  /** A fixed address, where the network takes one. */
  readonly address?: string;
  readonly inherited: readonly AttachedVolume[];
  /** `name:address` lines that nap knows now: the program's first instruction finds them. */
  readonly seeds: readonly string[];
  /** The container of every instance that the spec shares something with. */
  readonly partners: PartnerIds;
  /** Where on the host a config or secret of this instance is. */
  readonly filePath: (file: FileSpec) => string;
  readonly apiVersion: string;
}

/** A spec in the Engine API's terms, as far as this engine knows them: see `refusedFeatures` for what must not be left out. */
export function createRequest(context: CreateContext): CreateRequest {
  const { placement, name, partners, apiVersion } = context;
  const spec = fillHostTemplates(placement.spec, context);
  const platform = hasFeature('platform', apiVersion) ? spec.platform : undefined;
  return {
    name,
    ...given({ platform }),
    body: {
      Image: spec.image,
      ...given({ Cmd: spec.command, Entrypoint: entrypoint(spec.entrypoint) }),
      Env: environment(spec, context.host),
      Labels: labels(context),
      ...given({
        User: spec.user,
        WorkingDir: spec.workingDir,
        Tty: spec.tty,
        OpenStdin: spec.stdinOpen,
        Healthcheck: healthcheck(spec.healthcheck, apiVersion),
        StopSignal: spec.stopSignal,
      }),
      StopTimeout: Math.ceil(spec.stopGracePeriodMs / 1000),
      ...networkConfig(spec, context),
      HostConfig: {
        ...mountFields(spec, context),
        ...networkFields(spec, context),
        ...resourceFields(spec),
        ...isolationFields(spec, partners, apiVersion),
      },
    },
  };
}

function labels({ placement, cluster, seeds, partners }: CreateContext): Record<string, string> {
  const { spec } = placement;
  const isSeeded = networkOwner(spec) === 'nap';
  return {
    ...spec.labels,
    ...UNSET,
    ...ownLabels(placement, cluster),
    [LABEL.seeds]: String(isSeeded ? seeds.length : 0),
    [LABEL.preStop]: JSON.stringify(spec.preStop ?? []),
    [LABEL.drainMs]: String(spec.drainMs ?? 0),
    [LABEL.partners]: formatPartners(partners),
  };
}

/** The API clears an image's entrypoint by a list of one empty text. */
const entrypoint = (text: readonly string[] | undefined): readonly string[] | undefined =>
  text?.length === 0 ? [''] : text;

/** NAP_HOST is known on the host only, and is no part of the spec: moving an instance is no change of it. */
function environment(spec: ContainerSpec, host: HostId): string[] {
  const own = { NAP_HOST: host, ...spec.environment };
  return Object.entries(own).map(([key, value]) => `${key}=${value}`);
}

const NS_PER_MS = 1_000_000;

const ns = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.round(ms * NS_PER_MS);

function healthcheck(
  spec: HealthcheckSpec | undefined,
  apiVersion: string,
): EngineHealthcheck | undefined {
  if (spec === undefined) return undefined;
  return given({
    Test: spec.test,
    Interval: ns(spec.intervalMs),
    Timeout: ns(spec.timeoutMs),
    StartPeriod: ns(spec.startPeriodMs),
    StartInterval: hasFeature('startInterval', apiVersion) ? ns(spec.startIntervalMs) : undefined,
    Retries: spec.retries,
  });
}
