/** What happens to the lab: operators, and faults that begin and end. Machines by name, so that a schedule can be read. */

export const PROJECTS = ['chaos-shop', 'chaos-blog'] as const;
export type ProjectId = (typeof PROJECTS)[number];

export interface Variant {
  /** Changes the specs of all but the database and the ledger. */
  readonly version: number;
  readonly web: number;
  readonly api: number;
}

/** What an operator does. Whoever waits does so for a minute at most. */
export type Wish =
  | {
      readonly kind: 'apply';
      readonly project: ProjectId;
      readonly variant: Variant;
      readonly waits: boolean;
    }
  | { readonly kind: 'scale'; readonly project: ProjectId; readonly web: number }
  | { readonly kind: 'rollback' | 'down'; readonly project: ProjectId }
  | { readonly kind: 'drain' | 'activate' | 'pause' | 'restart-agent'; readonly host: string };

/** What breaks. After `forMs` it is mended. */
export type Fault = { readonly forMs: number } & (
  | {
      /** SIGKILL, after which systemd starts it again; SIGSTOP. */
      readonly kind: 'kill-agent' | 'freeze-agent' | 'kill-dockerd' | 'freeze-dockerd';
      readonly host: string;
    }
  /** SIGKILL and SIGSTOP of one of the two daemons. */
  | { readonly kind: 'kill-daemon' | 'freeze-daemon'; readonly daemon: 0 | 1 }
  /** All of it stands still; the disk of it has no room. */
  | {
      readonly kind: 'power-cut' | 'freeze-host' | 'disk-full' | 'engine-disk-full';
      readonly host: string;
    }
  /** The cable of a host or an etcd member; only what it sends is lost; it runs in jerks. */
  | { readonly kind: 'cut' | 'one-way'; readonly machine: string }
  | { readonly kind: 'apart'; readonly machine: string; readonly from: string }
  | { readonly kind: 'lose'; readonly machine: string; readonly percent: number }
  /** An answer of etcd takes so much longer. */
  | { readonly kind: 'delay'; readonly host: string; readonly byMs: number }
  | { readonly kind: 'kill-etcd' | 'freeze-etcd' | 'stutter-etcd'; readonly member: string }
  /** The quota is used up: no member takes a write. */
  | { readonly kind: 'etcd-full' }
  /** All history is forgotten. */
  | { readonly kind: 'compact-etcd' }
  /** Of the agent alone: hosts of the lab have one kernel, and one clock. */
  | { readonly kind: 'set-clock'; readonly host: string; readonly bySeconds: number }
);

export type Action = { readonly atMs: number } & (Wish | Fault);

export interface ChaosSchedule {
  readonly seed: number;
  readonly minutes: number;
  readonly actions: readonly Action[];
}

export const isFault = (action: Action): action is Action & Fault => 'forMs' in action;

/** Two faults of one target never overlap: mending one would mend the other. */
export function targetsOf(fault: Fault): readonly string[] {
  if ('daemon' in fault) return [`daemon-${fault.daemon}`];
  if ('host' in fault) return [fault.host];
  if ('member' in fault) return [fault.member];
  if ('from' in fault) return [fault.machine, fault.from];
  return 'machine' in fault ? [fault.machine] : ['etcd'];
}
