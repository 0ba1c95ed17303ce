import { leftOutFeatures, type Project } from '@nap/shared';
import type { ClusterView } from './cluster-view.js';
import { whyNoMatch } from './filters.js';
import { needsOf } from './needs.js';
import type { Schedule } from './schedule.js';
import type { WantedInstance } from './wanted.js';

/** What the engines of the chosen hosts leave out of a service: once for each of its hosts. */
export function leftOutNotes(
  view: ClusterView,
  wanted: readonly WantedInstance[],
  schedule: Schedule,
): readonly string[] {
  const seen = new Set<string>();
  const picky = wanted.filter(({ needs }) => needs.features.length > 0);
  return picky.flatMap((one) => {
    const { instance, needs } = one;
    const host = schedule.chosenFor(one)?.host;
    const info = host === undefined ? undefined : view.hosts.get(host)?.info;
    if (info === undefined || seen.has(`${needs.service} ${info.host}`)) return [];
    seen.add(`${needs.service} ${info.host}`);
    return leftOutFeatures(needs.features, info.engineApiVersion).map(
      (sentence) => `${instance} on ${info.host}: ${sentence}`,
    );
  });
}

/** What an engine may refuse in a service that asks for no other kind of host. */
const UNASKED = { features: [], nanoCpusLimit: 0, cpuset: undefined } as const;

/** Hosts that a global service does not run on for nothing but their engine: nothing else would tell of it. */
export function passedOverNotes(view: ClusterView, { name, services }: Project): readonly string[] {
  const isGlobal = new Set(services.filter(({ mode }) => mode === 'global').map((it) => it.name));
  return [...needsOf(services.filter((it) => isGlobal.has(it.name))).values()]
    .filter(
      ({ features, nanoCpusLimit, cpuset }) =>
        features.length > 0 || nanoCpusLimit > 0 || cpuset !== undefined,
    )
    .flatMap((needs) =>
      [...view.hosts.values()].flatMap((host) => {
        if (whyNoMatch(host, { ...needs, ...UNASKED }) !== undefined) return [];
        const reason = whyNoMatch(host, needs);
        if (reason === undefined) return [];
        return [`${name}.${needs.service} does not run on ${host.id}, which ${reason}`];
      }),
    );
}
