import type { EtcdMemberState, EtcdMemberStatus, EtcdState } from '@nap/shared';
import { bytesText } from '../output/units.js';
import { isUnknown, type DoctorFacts } from './doctor-facts.js';
import { finding, type Finding } from './finding.js';

const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3;
const NEARLY_FULL = 0.7;
/** Free pages of a small file are nothing to care about. */
const FRAGMENTED_BYTES = 100 * 1024 ** 2;
/** Revisions that pile up on a cluster that compacts each hour are fewer. */
const UNCOMPACTED_REVISIONS = 100_000;
const SLOW_MS = 300;
const LAG_ENTRIES = 1_000;
/** Clocks that NTP keeps differ by milliseconds; more than this is nobody's jitter. */
export const CLOCK_TOLERANCE_MS = 2_000;

export function judgeEtcd({ etcd, view }: DoctorFacts): readonly Finding[] {
  const unreadable = isUnknown(view)
    ? []
    : view.unreadable.map((sentence) => finding('etcd-value-unreadable', 'etcd', sentence));
  if (isUnknown(etcd)) return [...unreadable, outage(etcd)];
  return [
    ...unreadable,
    ...(isUnknown(view) ? [outage(view)] : []),
    ...membersTogether(etcd),
    ...etcd.alarms.map(({ kind, memberId }) =>
      finding(
        kind === 'NOSPACE' ? 'etcd-alarm-nospace' : 'etcd-alarm-corrupt',
        nameOf(etcd, memberId),
        `alarm ${kind}`,
      ),
    ),
    ...etcd.strangers.map(({ endpoint, problem }) =>
      finding('etcd-endpoint-wrong', endpoint, problem),
    ),
    ...etcd.members.flatMap((member) => judgeMember(member, etcd)),
  ];
}

const outage = ({ code, message }: { readonly code: string; readonly message: string }): Finding =>
  finding(code === 'ETCD_DENIED' ? 'etcd-denied' : 'etcd-unreachable', 'etcd', message);

const nameOf = ({ members }: EtcdState, id: string): string =>
  members.find((member) => member.id === id)?.name ?? id;

function membersTogether(etcd: EtcdState): readonly Finding[] {
  const alive = etcd.members.flatMap(({ status }) => status ?? []);
  const leaders = new Set(alive.flatMap(({ leaderId }) => leaderId ?? []));
  const versions = [...new Set(alive.map(({ version }) => version))].sort();
  const voters = etcd.members.filter(({ status }) => status?.isLearner !== true).length;
  return [
    ...(leaders.size > 1
      ? [finding('etcd-leaders-differ', 'etcd', `${leaders.size} leaders are named`)]
      : []),
    ...(versions.length > 1
      ? [finding('etcd-version-skew', 'etcd', `versions ${versions.join(', ')}`)]
      : []),
    ...(voters > 0 && voters % 2 === 0
      ? [finding('etcd-even-members', 'etcd', `${voters} members`)]
      : []),
  ];
}

function judgeMember(member: EtcdMemberState, etcd: EtcdState): readonly Finding[] {
  const name = member.name === '' ? member.id : member.name;
  const { status } = member;
  if (status === undefined) {
    return [finding('etcd-member-down', name, member.problem ?? 'no answer')];
  }
  const { latencyMs, clockAheadMs = 0, leaderId, errors } = status;
  const lag = status.raftIndex - status.raftAppliedIndex;
  // An alarm is told as such.
  const others = errors.filter((text) => !/alarm/i.test(text) || etcd.alarms.length === 0);
  return [
    ...(leaderId === undefined
      ? [finding('etcd-no-leader', name, `${status.endpoint} names none`)]
      : []),
    ...judgeSize(name, status),
    ...(latencyMs > SLOW_MS
      ? [finding('etcd-slow', name, `${status.endpoint} took ${latencyMs} ms`)]
      : []),
    ...(lag > LAG_ENTRIES ? [finding('etcd-lagging', name, `${lag} entries not applied`)] : []),
    ...(others.length > 0 ? [finding('etcd-member-error', name, others.join('; '))] : []),
    ...(Math.abs(clockAheadMs) > CLOCK_TOLERANCE_MS
      ? [finding('etcd-clock-off', name, offsetText(clockAheadMs))]
      : []),
  ];
}

function judgeSize(name: string, status: EtcdMemberStatus): readonly Finding[] {
  const { dbBytes, dbInUseBytes, quotaBytes, revision, compactedRevision } = status;
  const quota = quotaBytes ?? DEFAULT_QUOTA_BYTES;
  const share = Math.round((dbBytes / quota) * 100);
  const assumed = quotaBytes === undefined ? ' (the default; it does not say)' : '';
  const size = `${bytesText(dbBytes)} of ${bytesText(quota)}${assumed}, ${share} %`;
  const free = dbBytes - dbInUseBytes;
  const isFragmented = dbInUseBytes > 0 && free > dbInUseBytes && free > FRAGMENTED_BYTES;
  const kept = compactedRevision === undefined ? 0 : revision - Math.max(0, compactedRevision);
  return [
    ...(dbBytes > quota * NEARLY_FULL ? [finding('etcd-nearly-full', name, size)] : []),
    ...(isFragmented
      ? [finding('etcd-fragmented', name, `${bytesText(free)} of ${bytesText(dbBytes)} are free`)]
      : []),
    ...(kept > UNCOMPACTED_REVISIONS
      ? [finding('etcd-not-compacted', name, `${kept} revisions are kept; database ${size}`)]
      : []),
  ];
}

/** Positive: ahead of this machine. */
export const offsetText = (aheadMs: number): string =>
  `${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine`;
