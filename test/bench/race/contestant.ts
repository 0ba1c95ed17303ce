/** What takes part in the race, and the same Compose files for all of them. */

export interface ContainerEvent {
  readonly host: string;
  readonly id: string;
  readonly kind: 'start' | 'die';
  /** Wall clock of dockerd; all hosts of the lab share it. */
  readonly atMs: number;
  /** Labels of the container among others, as `docker events` gives them. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Contestant {
  readonly name: 'engine' | 'compose' | 'swarm' | 'nap';
  /** Hosts that it runs containers on: compose knows one. */
  readonly hosts: (all: readonly string[]) => readonly string[];
  /** Makes it ready on the lab, with nothing of any other contestant running beside it. */
  readonly enter: () => Promise<void>;
  readonly leave: () => Promise<void>;
  /** From nothing, or from what runs, to what the file says. Returns when the command does, which may be early. */
  readonly apply: (file: RaceFile) => Promise<void>;
  readonly scale: (service: string, count: number) => Promise<void>;
  /** Removes everything, and returns when it is gone. */
  readonly clear: () => Promise<void>;
  /** The service of a container that is its own; undefined for all others. */
  readonly serviceOf: (attributes: Readonly<Record<string, string>>) => string | undefined;
  /** Resolves when a host that was switched on again takes part as before. */
  readonly rejoined: (host: string) => Promise<void>;
  /** A line for the notes under the table. */
  readonly manner: string;
}

export interface RaceService {
  readonly name: string;
  readonly replicas: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RaceFile {
  readonly services: readonly RaceService[];
  /** A program on every host that resolves the names of all services, and logs what it sees. */
  readonly probe?: string;
}

export const PROJECT = 'race';
export const PROBE = 'probe';

/** One service. */
export const boxes = (replicas: number): RaceFile => ({ services: [{ name: 'box', replicas }] });

/** Ten services of three replicas, and the probes; `version` is a variable of the first service. */
export const ten = (probe: string, version = '1'): RaceFile => ({
  services: Array.from({ length: 10 }, (_, index) => ({
    name: `s${index + 1}`,
    replicas: 3,
    ...(index === 0 ? { environment: { VERSION: version } } : {}),
  })),
  probe,
});

/** Compose file, format 3.7: what Swarm, docker-compose and nap all read. JSON is YAML. */
export function composeText({ services, probe }: RaceFile): string {
  const always = { restart_policy: { condition: 'any', delay: '0s' } };
  const entries: [string, unknown][] = services.map(({ name, replicas, environment }) => [
    name,
    {
      image: 'busybox',
      ...(environment === undefined ? {} : { environment }),
      deploy: { replicas, endpoint_mode: 'dnsrr', ...always },
    },
  ]);
  if (probe !== undefined) {
    const names = services.map(({ name }) => name);
    entries.push([
      PROBE,
      {
        image: 'web',
        command: ['python3', '-c', probe.replaceAll('$', '$$'), ...names],
        deploy: { mode: 'global', endpoint_mode: 'dnsrr', ...always },
      },
    ]);
  }
  return JSON.stringify({ version: '3.7', services: Object.fromEntries(entries) });
}
