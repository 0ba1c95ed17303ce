import { parseInstanceId, type Placement } from '@nap/shared';
import { isStopped, type ClusterView } from '@nap/controller/testing';
import type { HostState } from './final-state.js';

/**
 * Those that need something that is stopped on purpose, directly or not: they run on if they ran, and otherwise wait.
 */
export function mayWait(view: ClusterView): ReadonlySet<string> {
  const waiting = new Set<string>();
  const serviceOf = ({ instance }: Placement): string => instance.replace(/\.\d+$/, '');
  for (let before = -1; before < waiting.size;) {
    before = waiting.size;
    for (const placement of view.placements) {
      const { project = '' } = parseInstanceId(placement.instance) ?? {};
      const isStuck = placement.dependencies.some(
        ({ service, stopped, required }) =>
          required && (stopped === true || waiting.has(`${project}.${service}`)),
      );
      if (isStuck && placement.wanted === 'running') waiting.add(serviceOf(placement));
    }
  }
  return new Set(
    view.placements.filter((it) => waiting.has(serviceOf(it))).map(({ instance }) => instance),
  );
}

/** What is to be stopped is, and what was to be restarted was; containers are kept, and are perhaps of an earlier spec. */
export function programDifferences(
  view: ClusterView,
  hosts: readonly HostState[],
): readonly string[] {
  const waiting = mayWait(view);
  return view.placements.flatMap((placement) => {
    const { instance, wanted, restart } = placement;
    const isAtRest = isToBeStopped(view, placement);
    if (isAtRest === undefined || wanted === 'removed') return [];
    const isServed =
      restart === undefined || view.reports.get(instance)?.restartedFor === restart.askedAtMs;
    return [
      ...(isAtRest === (wanted === 'stopped')
        ? []
        : [`${instance} is to be ${wanted}, and its project says otherwise`]),
      ...(wanted === 'stopped' && isRunning(hosts, placement)
        ? [`${instance} runs although it is stopped`]
        : []),
      ...(wanted === 'running' && !isServed && !waiting.has(instance)
        ? [`${instance} was not restarted`]
        : []),
    ];
  });
}

/** As its project says; undefined: that has no such service. */
function isToBeStopped(view: ClusterView, { instance }: Placement): boolean | undefined {
  const parts = parseInstanceId(instance);
  const stored = parts === undefined ? undefined : view.projects.get(parts.project)?.project;
  const service = stored?.services.find(({ name }) => name === parts?.service);
  return service === undefined || parts === undefined ? undefined : isStopped(service, parts.index);
}

const isRunning = (hosts: readonly HostState[], { instance, host }: Placement): boolean =>
  hosts.some(
    ({ id, containers }) =>
      id === host &&
      containers.some((it) => it.instance === instance && it.run.state === 'running'),
  );
