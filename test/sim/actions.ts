import type { Passing } from '@nap/shared/testing';
import type { ProjectId, ScaledService, Variant } from './projects.js';

/** Machines: those that run containers, and those of the operators, with a daemon each. */
export const HOSTS = ['host-a', 'host-b', 'host-c'] as const;
export type HostName = (typeof HOSTS)[number];
export const OPS = ['ops-a', 'ops-b'] as const;
export type OpsName = (typeof OPS)[number];
export type Machine = HostName | OpsName;

export const SLOW_CALLS = ['create', 'start', 'stop', 'remove', 'inspect', 'list', 'pull'] as const;
export type DockerCall = (typeof SLOW_CALLS)[number];

/** Whether the operator waits until all is as wanted, or leaves (`--detach`). */
interface Waits {
  readonly waits: boolean;
}

/** What happens, whole: a fault heals by itself, so that any action can be left out of a schedule. */
export type Happening =
  | ({ readonly kind: 'apply'; readonly project: ProjectId; readonly variant: Variant } & Waits)
  | ({
      readonly kind: 'scale';
      readonly project: ProjectId;
      readonly service: ScaledService;
      readonly replicas: number;
    } & Waits)
  | ({
      readonly kind: 'stop' | 'start' | 'restart';
      readonly project: ProjectId;
      /** As the operator types them, such as `web/2`; none: all of the project. */
      readonly names: readonly string[];
    } & Waits)
  | ({ readonly kind: 'rollback'; readonly project: ProjectId } & Waits)
  | ({ readonly kind: 'down'; readonly project: ProjectId; readonly volumes: boolean } & Waits)
  | ({ readonly kind: 'drain' | 'activate' | 'pause'; readonly host: HostName } & Waits)
  /** `isOff`: as the operator says, who has looked. */
  | { readonly kind: 'host-rm'; readonly host: HostName; readonly isOff: boolean }
  | { readonly kind: 'kill-operators' }
  | { readonly kind: 'kill-agent' | 'stop-agent'; readonly host: HostName; readonly forMs: number }
  | { readonly kind: 'freeze-agent'; readonly host: HostName; readonly forMs: number }
  | { readonly kind: 'power-cut'; readonly host: HostName; readonly forMs: number }
  | {
      readonly kind: 'restart-engine';
      readonly host: HostName;
      readonly how: 'stopped' | 'crashed';
      readonly forMs: number;
    }
  | {
      readonly kind: 'kill-daemon' | 'freeze-daemon';
      readonly ops: OpsName;
      readonly forMs: number;
    }
  | {
      readonly kind: 'cut';
      readonly machine: Machine;
      readonly there: Passing;
      readonly back: Passing;
      readonly forMs: number;
    }
  | { readonly kind: 'etcd-away'; readonly how: Passing; readonly forMs: number }
  | { readonly kind: 'restart-etcd'; readonly forMs: number }
  /** From a backup of so long ago. */
  | { readonly kind: 'restore-etcd'; readonly agoMs: number }
  | { readonly kind: 'reset'; readonly machine: Machine }
  | { readonly kind: 'compact' }
  | {
      readonly kind: 'slow-docker';
      readonly host: HostName;
      readonly call: DockerCall;
      readonly ms: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'fail-docker';
      readonly host: HostName;
      readonly call: DockerCall;
      readonly code: 'DOCKER_UNAVAILABLE' | 'DOCKER_REFUSED';
      /** The call does its work, and only its answer is lost. */
      readonly isDone: boolean;
    }
  | { readonly kind: 'set-clock'; readonly host: HostName; readonly byMs: number }
  | {
      readonly kind: 'end-program';
      readonly host: HostName;
      readonly nth: number;
      readonly code: number;
    }
  | { readonly kind: 'stop-container'; readonly host: HostName; readonly nth: number }
  | { readonly kind: 'remove-container'; readonly host: HostName; readonly nth: number };

export type Action = Happening & { readonly atMs: number };

/** One history: everything that is not in here is the same in every run. */
export interface Schedule {
  readonly seed: number;
  /** What a message takes at most on its way to etcd or back, in ms. */
  readonly latencyMs: number;
  readonly actions: readonly Action[];
}

export function actionText({ atMs, kind, ...rest }: Action): string {
  const { ...parts } = rest as Record<string, unknown>;
  const text = Object.entries(parts).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [`at ${(atMs / 1000).toFixed(1)} s`, kind, ...text].join(' ');
}
