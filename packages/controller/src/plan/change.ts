import type {
  HostId,
  InstanceId,
  Placement,
  ProjectName,
  ProjectRevision,
  Rollout,
} from '@nap/shared';

/** One decision of a planner; becomes one write. Every change says why, for people. */
export type Change =
  | { readonly kind: 'store-project'; readonly revision: ProjectRevision; readonly reason: string }
  | { readonly kind: 'forget-project'; readonly project: ProjectName; readonly reason: string }
  | { readonly kind: 'place'; readonly placement: Placement; readonly reason: string }
  | {
      readonly kind: 'update';
      readonly placement: Placement;
      /** What differs, such as `image` or `environment.DEBUG`; secrets' values never. */
      readonly differences: readonly string[];
      /** False: only names, links or dependencies change, and the container stays. */
      readonly recreates: boolean;
      /** What becomes of its program on request. Absent: nothing, or it is recreated. */
      readonly program?: 'stops' | 'starts' | 'restarts';
      readonly reason: string;
    }
  | {
      readonly kind: 'move';
      readonly placement: Placement;
      readonly from: HostId;
      /** What stays there until the new one is well; absent: nothing. */
      readonly yielding?: Placement;
      readonly reason: string;
    }
  /** The rollout of the project begins, stands still or, without one, is over. */
  | {
      readonly kind: 'rollout';
      readonly project: ProjectName;
      readonly rollout?: Rollout;
      readonly reason: string;
    }
  /** The volume's data is gone, so nothing binds its service to that host any more. */
  | {
      readonly kind: 'forget-volume';
      readonly volume: string;
      readonly host: HostId;
      readonly reason: string;
    }
  | {
      readonly kind: 'remove';
      readonly instance: InstanceId;
      readonly host: HostId;
      /** What stays on record there until it is gone for sure: see removal.ts. Absent: nothing. */
      readonly leaving?: Placement;
      readonly reason: string;
    }
  /** Like remove, but the agent drops the named volumes too and acknowledges before the key is deleted. */
  | {
      readonly kind: 'remove-with-volumes';
      readonly placement: Placement;
      /** Its named ones. The agent drops the anonymous ones of its container as well. */
      readonly volumes: readonly string[];
      readonly reason: string;
    }
  /** The host drops volumes that no instance mounts: the placement is of one that never runs, and asks for no more. */
  | {
      readonly kind: 'remove-volumes';
      readonly placement: Placement;
      readonly volumes: readonly string[];
      readonly reason: string;
    };

export interface Unplaced {
  readonly instance: InstanceId;
  /** A sentence with the reason per host. */
  readonly reason: string;
  /** It is there already, on a host that is away or drained, and stays until it fits elsewhere: nothing has to wait for that. */
  readonly staysOn?: HostId;
}

/** Those for which a plan is not carried out. */
export const blocking = (unplaced: readonly Unplaced[]): readonly Unplaced[] =>
  unplaced.filter(({ staysOn }) => staysOn === undefined);

/** What a planner decides, as data: it never executes, prompts, prints or styles itself. */
export interface Plan {
  readonly project: ProjectName;
  readonly changes: readonly Change[];
  /** Instances that fit on no host. A plan is not carried out with any that is `blocking`. */
  readonly unplaced: readonly Unplaced[];
  /** Sentences that the operator should read before or after. */
  readonly notes: readonly string[];
}
