import type { EtcdMemberState } from '@nap/shared';
import { isUnknown, type DoctorFacts } from '../doctor/doctor-facts.js';
import { SEVERITIES, type Finding } from '../doctor/finding.js';
import { factLines, indented } from './facts.js';
import { renderList, renderTable, type Format, type Table } from './table.js';
import { bytesText } from './units.js';

const rows: Table<Finding> = {
  columns: {
    SEVERITY: ({ severity }) => severity,
    ID: ({ id }) => id,
    SUBJECT: ({ subject }) => subject,
    EVIDENCE: ({ evidence }) => evidence,
  },
};

const members: Table<EtcdMemberState> = {
  columns: {
    MEMBER: ({ name, id }) => name || id,
    ENDPOINT: ({ status, clientUrls }) => status?.endpoint ?? clientUrls.join(', '),
    VERSION: ({ status }) => status?.version ?? '-',
    ROLE: ({ id, status }) => roleOf(id, status),
    DATABASE: ({ status }) => (status === undefined ? '-' : bytesText(status.dbBytes)),
    QUOTA: ({ status }) => (status?.quotaBytes === undefined ? '-' : bytesText(status.quotaBytes)),
    LATENCY: ({ status }) => (status === undefined ? '-' : `${status.latencyMs} ms`),
  },
};

function roleOf(id: string, status: EtcdMemberState['status']): string {
  if (status === undefined) return 'down';
  if (status.leaderId === id) return 'leader';
  return status.isLearner ? 'learner' : 'follower';
}

function findingText({ severity, id, subject, evidence, meaning, fix }: Finding): string {
  const lines = factLines([
    ['seen', evidence],
    ['means', meaning],
    ['do', fix],
  ]);
  return `${severity}  ${id}  ${subject}\n${indented(lines.join('\n'))}`;
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

function summary({ view, etcd, hosts }: DoctorFacts, findings: readonly Finding[]): string {
  const counts = SEVERITIES.map((severity) =>
    counted(findings.filter((it) => it.severity === severity).length, severity),
  );
  const of = [
    isUnknown(etcd) ? 'etcd, out of reach' : `etcd (${counted(etcd.members.length, 'member')})`,
    ...(isUnknown(view) ? [] : [`${counted(view.hosts.size, 'host')}, facts of ${hosts.size}`]),
  ];
  return `${counts.join(', ')}; looked at ${of.join(' and ')}`;
}

/** For people the members of etcd, then each finding with what it means and what to do; for scripts a list of findings. */
export function renderFindings(
  facts: DoctorFacts,
  findings: readonly Finding[],
  format: Format,
): string | undefined {
  if (format !== 'table') return renderList(format, rows, findings, (it) => it);
  const { etcd } = facts;
  return [
    ...(isUnknown(etcd) ? [] : [renderTable(members, etcd.members)]),
    ...findings.map(findingText),
    summary(facts, findings),
  ].join('\n\n');
}
