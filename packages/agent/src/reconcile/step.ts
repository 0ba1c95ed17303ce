import type { FileSpec, HookSpec, InstanceId, Placement } from '@nap/shared';
import type { AttachedVolume } from './observed.js';

/** Why a step is taken: a closed list, for logs and tests. */
export type StepReason =
  | 'image-missing'
  | 'pull-due'
  | 'pull-asked'
  | 'not-created'
  | 'spec-changed'
  | 'address-refused'
  | 'image-outdated'
  | 'partner-replaced'
  | 'partner-restarted'
  | 'restart-asked'
  | 'cut-off'
  | 'not-started'
  | 'program-ended'
  | 'taken-down'
  | 'interrupted'
  | 'stopped'
  | 'just-started'
  | 'hook-failed'
  | 'duplicate'
  | 'dead'
  | 'name-differs'
  | 'superseded'
  | 'wanted-stopped'
  | 'wanted-removed'
  | 'placement-gone';

interface StepPayloads {
  pull: {
    readonly image: string;
    readonly platform?: string;
    /** It serves a request for a newer image; `container` is what the instance has now, and of which image. */
    readonly refresh?: {
      readonly asked: number;
      readonly container?: { readonly id: string; readonly imageId: string };
    };
  };
  /** Its configs and secrets: before each start, as those in memory do not outlive the host's. */
  'write-files': { readonly files: readonly FileSpec[] };
  create: {
    readonly name: string;
    readonly placement: Placement;
    readonly cluster: string;
    /** Anonymous volumes of the container that this one replaces: their data stays, as under Compose. */
    readonly inherited: readonly AttachedVolume[];
    /** The one that it replaces runs on for now, and keeps its address. */
    readonly isBeside?: boolean;
  };
  /** Nobody shall find the container any more; always before it is stopped on purpose. */
  'withdraw-name': { readonly container: string };
  /** Whoever has found it may finish what was begun; after `withdraw-name`. */
  drain: { readonly container: string; readonly ms: number };
  stop: { readonly container: string; readonly graceMs: number };
  remove: { readonly container: string };
  rename: { readonly container: string; readonly to: string };
  /** `restart`: the request that it serves. */
  start: { readonly container: string; readonly restart?: number };
  /** In the run that began then, and in no other. */
  'post-start': {
    readonly container: string;
    readonly startedAt: string;
    readonly hooks: readonly HookSpec[];
  };
  'pre-stop': {
    readonly container: string;
    readonly hooks: readonly HookSpec[];
    /** All of them together: they shall not hold up the stop. */
    readonly withinMs: number;
  };
  'remove-volume': { readonly volume: string };
  /** The instance is no longer of this host: its report and name keys go, when they are this host's. */
  forget: object;
}

export type StepKind = keyof StepPayloads;

/** One call to the engine or the store. It says what to do and why, and decides nothing when it is carried out. */
export type StepOf<K extends StepKind> = {
  readonly kind: K;
  readonly instance: InstanceId;
  readonly reason: StepReason;
} & StepPayloads[K];

export type Step = { [K in StepKind]: StepOf<K> }[StepKind];

/** Steps of one instance, in order: each needs the one before it. Then the world is looked at again. */
export interface Chain {
  readonly instance: InstanceId;
  readonly steps: readonly Step[];
  /** It touches nothing that the instance has: the instance is looked at meanwhile, and may have another chain. */
  readonly isAside?: true;
}
