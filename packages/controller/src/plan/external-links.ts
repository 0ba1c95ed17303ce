import { parseInstanceId, type Link, type ServiceSpec } from '@nap/shared';
import type { ClusterView } from './cluster-view.js';

export interface ResolvedLinks {
  readonly links: readonly Link[];
  /** Names of containers that no project has. */
  readonly missing: readonly string[];
}

/**
 * `external_links` name a container outside the project, on whatever host it runs: by its container name, or by
 * `project-service` for all replicas of a service (`project_service` under Compose v1).
 */
export function resolveExternalLinks(view: ClusterView, service: ServiceSpec): ResolvedLinks {
  const links: Link[] = [];
  const missing: string[] = [];
  for (const { container, alias } of service.externalLinks) {
    const link = findLink(view, container, alias);
    if (link === undefined) missing.push(container);
    else links.push(link);
  }
  return { links, missing };
}

function findLink(view: ClusterView, container: string, alias: string): Link | undefined {
  for (const placement of view.placements) {
    const parts = parseInstanceId(placement.instance);
    if (parts === undefined) continue;
    const { project, service, index } = parts;
    if ([placement.spec.containerName, `${project}_${service}_${index}`].includes(container)) {
      return { project, service, index, alias };
    }
    if ([`${project}-${service}`, `${project}_${service}`].includes(container)) {
      return { project, service, alias };
    }
  }
  return undefined;
}
