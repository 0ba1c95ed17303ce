import { hostId, keys, parseKey, placementCodec, DEFAULT_ROOT } from '@nap/shared';
import { toClusterView, type ClusterView } from '@nap/controller/testing';
import type { Lab } from '@nap/lab';
import { differences, type HostState } from '../sim/final-state.js';
import { placementId, type PlacementsReading } from './placements-log.js';
import { seeHosts, type SeenHost } from './seen.js';

/** What etcd holds, read past nap, and how it compares with the engines. */

interface RawEntry {
  /** Without nap's root. */
  readonly key: string;
  readonly value: string;
  readonly modRevision: string;
}

const TIMEOUT_MS = 10_000;

export async function etcdctl(lab: Lab, argv: readonly string[], input?: string): Promise<string> {
  const endpoints = (await lab.etcdEndpoints()).join(',');
  const command = ['env', 'ETCDCTL_API=3', 'etcdctl', '--endpoints', endpoints];
  const limits = ['--dial-timeout=2s', '--command-timeout=5s'];
  const options = { timeoutMs: TIMEOUT_MS, ...(input === undefined ? {} : { input }) };
  const { code, stdout, stderr } = await lab.exec(
    'operator',
    [...command, ...limits, ...argv],
    options,
  );
  if (code !== 0) throw new Error(`etcdctl ${argv[0] ?? ''}: ${stderr.trim()}`);
  return stdout;
}

export async function readEntries(lab: Lab, prefix = ''): Promise<readonly RawEntry[]> {
  const text = await etcdctl(lab, ['get', '--prefix', DEFAULT_ROOT + prefix, '-w', 'json']);
  const { kvs = [] } = JSON.parse(text) as {
    kvs?: { key: string; value?: string; mod_revision: number }[];
  };
  return kvs.map(({ key, value = '', mod_revision: revision }) => ({
    key: decode(key).slice(DEFAULT_ROOT.length),
    value: decode(value),
    modRevision: String(revision),
  }));
}

/** Throws when etcd does not answer. */
export async function readPlacements(lab: Lab, nowMs: () => number): Promise<PlacementsReading> {
  const fromMs = nowMs();
  const entries = await readEntries(lab, keys.placements());
  const placements = entries.flatMap(({ key, value, modRevision }) => {
    if (parseKey(key)?.kind !== 'placement') return [];
    const placement = placementCodec.decode(value, key);
    const id = placementId(placement.host, placement.instance);
    return [[id, { placement, revision: modRevision }]] as const;
  });
  return { fromMs, toMs: nowMs(), placements: new Map(placements) };
}

/** What differs between projects, placements, engines, reports, names and hosts files; empty when all is as it should be. */
export async function labDifferences(lab: Lab): Promise<readonly string[]> {
  const view: ClusterView = toClusterView(await readEntries(lab));
  const seen = await seeHosts(lab, await lab.hosts());
  const silent = seen.filter(({ engine }) => engine === undefined);
  if (silent.length > 0) return silent.map(({ name }) => `the engine of ${name} does not answer`);
  const hosts = await Promise.all(seen.map(async (host) => toHostState(lab, host)));
  return differences(view, hosts);
}

async function toHostState(lab: Lab, { name, engine }: SeenHost): Promise<HostState> {
  const files = await readHostsFiles(lab, name);
  const containers = (engine?.containers ?? []).flatMap(({ name: called, own, isRunning, ip }) =>
    own === undefined
      ? []
      : [
          {
            ...{ ...own, name: called, run: { state: isRunning ? 'running' : 'not running' } },
            ...(ip === undefined ? {} : { ip }),
          },
        ],
  );
  return { id: hostId(name), name, containers, hostsFile: (it) => files.get(it) ?? '' };
}

const MARK = '== ';

/** As programs in the containers see them. */
async function readHostsFiles(lab: Lab, host: string): Promise<ReadonlyMap<string, string>> {
  const each = `docker exec "$name" cat /etc/hosts`;
  const script = `docker ps --format '{{.Names}}' | while read -r name; do echo "${MARK}$name"; ${each}; done`;
  const { stdout } = await lab.exec(host, ['sh', '-c', script]);
  return new Map(
    stdout.split(new RegExp(`^${MARK}`, 'm')).flatMap((part) => {
      const end = part.indexOf('\n');
      return end === -1 ? [] : [[part.slice(0, end), part.slice(end + 1)] as const];
    }),
  );
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
