import type { Fault } from './actions.js';

/**
 * What a fault may excuse. `machine`: the agent, the engine or the host itself does not work, so that nobody there can keep a
 * promise. `network`: all of it works and is cut off from some of the others; what must not run twice does not then either.
 */
export interface Impairment {
  readonly kind: 'machine' | 'network';
  /** Absent: all of them. */
  readonly host?: string;
}

export function impairmentOf(fault: Fault): Impairment | undefined {
  const kind = IMPAIRS[fault.kind];
  if (kind === undefined) return undefined;
  return 'host' in fault ? { kind, host: fault.host } : { kind };
}

const IMPAIRS: Readonly<Record<Fault['kind'], Impairment['kind'] | undefined>> = {
  'kill-agent': 'machine',
  'freeze-agent': 'machine',
  'kill-dockerd': 'machine',
  'freeze-dockerd': 'machine',
  'power-cut': 'machine',
  'freeze-host': 'machine',
  'disk-full': 'network',
  'engine-disk-full': 'network',
  'set-clock': 'network',
  // Either end of a wire may be the one that misses something.
  cut: 'network',
  'one-way': 'network',
  lose: 'network',
  apart: 'network',
  delay: 'network',
  'kill-etcd': 'network',
  'freeze-etcd': 'network',
  'stutter-etcd': 'network',
  'etcd-full': 'network',
  'compact-etcd': undefined,
  // A move that was begun is finished by the next daemon.
  'kill-daemon': 'network',
  'freeze-daemon': 'network',
};

/** Since when each host works again, as far as it was ever broken. */
export class Impairments {
  private readonly open = new Set<Impairment>();
  private readonly ended: { readonly impairment: Impairment; readonly atMs: number }[] = [];

  begin(impairment: Impairment): void {
    this.open.add(impairment);
  }

  end(impairment: Impairment, atMs: number): void {
    if (this.open.delete(impairment)) this.ended.push({ impairment, atMs });
  }

  /** Whether one of these hosts was impaired in such a way at some time since then. */
  since(fromMs: number, kinds: readonly Impairment['kind'][], hosts: readonly string[]): boolean {
    const counts = ({ kind, host }: Impairment): boolean =>
      kinds.includes(kind) && (host === undefined || hosts.includes(host));
    return (
      [...this.open].some(counts) ||
      this.ended.some(({ impairment, atMs }) => atMs >= fromMs && counts(impairment))
    );
  }
}
