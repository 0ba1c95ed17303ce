import {
  isHostsFileProblem,
  keys,
  nameTable,
  tableDigest,
  type HostId,
  type NameRecord,
  type ProjectName,
} from '@nap/shared';
import { projectPlacements, type ClusterView } from './cluster-view.js';

/** What one host last verified about one project, against the name map in etcd. */
export interface NamesCheck {
  readonly host: HostId;
  readonly project: ProjectName;
  /** behind: verified an earlier map. unknown: no word from the agent. drift: a hosts file is not as it should be. */
  readonly state: 'ok' | 'behind' | 'drift' | 'unknown' | 'away';
  /** What else is wrong on the host is said here as well, though its names may be right. */
  readonly message: string;
  readonly verifiedAtMs: number | undefined;
}

export function projectRecords(view: ClusterView, project: ProjectName): readonly NameRecord[] {
  return [...view.names.values()].filter((record) => record.project === project);
}

/** Compares the map in etcd with what every host that runs something of the project has verified. */
export function checkNames(view: ClusterView, project: ProjectName): readonly NamesCheck[] {
  const digest = tableDigest(nameTable(project, projectRecords(view, project)));
  const hosts = [...new Set(projectPlacements(view, project).map(({ host }) => host))].sort();
  return hosts.map((host) => checkHost(view, project, host, digest));
}

function checkHost(
  view: ClusterView,
  project: ProjectName,
  host: HostId,
  digest: string,
): NamesCheck {
  const check = view.checks.get(host);
  const verified = check?.projects[project];
  const base = { host, project, verifiedAtMs: check?.atMs };
  if (view.hosts.get(host)?.isAlive !== true) {
    return {
      ...base,
      state: 'away',
      message: `${host} is away; its containers keep the names they had`,
    };
  }
  if (check === undefined || verified === undefined) {
    return {
      ...base,
      state: 'unknown',
      message: `${host} has not verified ${project} yet (no ${keys.check(host)})`,
    };
  }
  if (check.problems.some(isHostsFileProblem)) {
    return { ...base, state: 'drift', message: check.problems.join('; ') };
  }
  const said = (sentence: string): string => [sentence, ...check.problems].join('; ');
  if (verified.digest !== digest) {
    return {
      ...base,
      state: 'behind',
      message: said(`verified another map (${verified.digest}, etcd has ${digest})`),
    };
  }
  const { containers } = verified;
  const agree = containers === 1 ? '1 hosts file agrees' : `${containers} hosts files agree`;
  return { ...base, state: 'ok', message: said(agree) };
}
