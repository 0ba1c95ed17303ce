import { lab, on } from '../../e2e/support/cluster.js';
import { daemonPid } from './contestants.js';

export interface Usage {
  /** Resident memory of the process now. */
  readonly rssMib: number;
  /** Processor time since it began, of all its threads. */
  readonly cpuS: number;
}

/** `/proc/PID/stat` counts in these, on every Linux. */
const TICKS_A_SECOND = 100;

/** Prints "RSS-in-KiB ticks" summed over the processes whose IDs the shell words give. */
const measure = (pids: string): string =>
  `for p in ${pids}; do [ -e /proc/$p/stat ] && echo "$(awk '/^VmRSS/{print $2}' /proc/$p/status) $(sed 's/.*) //' /proc/$p/stat | awk '{print $12 + $13}')"; done | awk '{r += $1; t += $2} END {print r + 0, t + 0}'`;

async function usage(where: string, pids: string): Promise<Usage> {
  const [kib = 0, ticks = 0] = (await on(where, 'sh', '-c', measure(pids))).split(' ').map(Number);
  return { rssMib: kib / 1024, cpuS: ticks / TICKS_A_SECOND };
}

/** Of a host: its engine, and its agent where there is one. */
export interface HostUsage {
  readonly engine: Usage;
  readonly agent: Usage;
}

export interface ControlPlane {
  /** In the order of the lab: the first one manages a swarm. */
  readonly hosts: readonly HostUsage[];
  /** What nap has beside the hosts: etcd and the daemon. */
  readonly beside: Usage;
}

const NOTHING: Usage = { rssMib: 0, cpuS: 0 };

/** Whatever runs because somebody orchestrates containers. */
export async function controlPlane(): Promise<ControlPlane> {
  const hosts = await Promise.all(
    (await lab.hosts()).map(async (host) => ({
      engine: await usage(host, '$(pidof dockerd containerd)'),
      agent: await usage(host, '$(systemctl show -p MainPID --value nap-agent)'),
    })),
  );
  const pid = daemonPid();
  const beside =
    pid === undefined ? NOTHING : await usage('operator', `$(pgrep -x etcd; pgrep -g ${pid})`);
  return { hosts, beside };
}
