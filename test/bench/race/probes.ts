import { eventually } from '@nap/lab';
import { on } from '../../e2e/support/cluster.js';
import { PROBE } from './contestant.js';
import type { Running } from './observer.js';

interface Sighting {
  readonly atMs: number;
  readonly name: string;
  readonly ips: readonly string[];
}

/** Addresses of a container, one for each network that it is in. */
async function addressesOf({ host, id }: Running): Promise<readonly string[]> {
  const text = await on(
    host,
    'docker',
    'inspect',
    '-f',
    '{{.NetworkSettings.IPAddress}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}',
    id,
  );
  return text.split(/\s+/).filter(Boolean);
}

async function sightingsOf(probe: Running, sinceMs: number): Promise<readonly Sighting[]> {
  const text = await on(probe.host, 'docker', 'logs', probe.id);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Sighting)
    .filter(({ atMs }) => atMs >= sinceMs);
}

export interface NamedTimes {
  /** When the last probe saw exactly the containers that run, under every name. */
  readonly allMs: number;
  /** For each container that started since, by its ID: when the last probe saw its address. */
  readonly byId: ReadonlyMap<string, number>;
}

/** When the programs on all hosts could resolve what runs now. Resolves when they can; wall clock, in ms. */
export async function whenNamed(running: readonly Running[], sinceMs: number): Promise<NamedTimes> {
  const probes = running.filter(({ service }) => service === PROBE);
  const boxes = running.filter(({ service }) => service !== PROBE);
  const addresses = new Map(
    await Promise.all(boxes.map(async (box) => [box.id, await addressesOf(box)] as const)),
  );
  const names = [...new Set(boxes.map(({ service }) => service))];
  let found: NamedTimes | undefined;
  await eventually(
    async () => {
      const seen = await Promise.all(probes.map(async (probe) => sightingsOf(probe, 0)));
      const isExact = seen.every((sightings) =>
        names.every((name) => {
          const last = sightings.findLast((sighting) => sighting.name === name)?.ips ?? [];
          const ofName = boxes.filter(({ service }) => service === name);
          return (
            last.length === ofName.length &&
            ofName.every(({ id }) => addresses.get(id)?.some((ip) => last.includes(ip)) === true)
          );
        }),
      );
      if (isExact) found = timesOf(seen, boxes, addresses, sinceMs);
      return isExact;
    },
    { what: 'every name is resolved on every host', timeoutMs: 60_000, everyMs: 500 },
  );
  if (found === undefined) throw new Error('never named');
  return found;
}

function timesOf(
  seen: readonly (readonly Sighting[])[],
  boxes: readonly Running[],
  addresses: ReadonlyMap<string, readonly string[]>,
  sinceMs: number,
): NamedTimes {
  const changes = seen.flat().filter(({ atMs }) => atMs >= sinceMs);
  const byId = new Map<string, number>();
  for (const box of boxes.filter(({ startedAtMs }) => startedAtMs >= sinceMs)) {
    const ips = addresses.get(box.id) ?? [];
    const firsts = seen.map(
      (sightings) =>
        sightings.find(
          ({ atMs, name, ips: found }) =>
            // An address may have been another container's before; 200 ms: a probe looks every 100.
            atMs >= box.startedAtMs - 200 &&
            name === box.service &&
            ips.some((ip) => found.includes(ip)),
        )?.atMs ?? Number.NaN,
    );
    byId.set(box.id, Math.max(...firsts));
  }
  return { allMs: Math.max(sinceMs, ...changes.map(({ atMs }) => atMs)), byId };
}
