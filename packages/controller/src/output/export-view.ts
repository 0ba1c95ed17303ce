import type { ProjectRevision } from '@nap/shared';
import type { SuppliedFile } from '../compose/index.js';

const WHAT = {
  config: 'the config',
  secret: 'the secret',
  profile: 'the seccomp profile',
} as const;

/** What must lie where before an exported file is applied. No digest of a secret: of a short one it can be found by trying. */
export function supplyText({ kind, path, services, digest }: SuppliedFile): string {
  const text = `put ${WHAT[kind]} of ${services.join(', ')} into ${path}`;
  return kind === 'secret' ? text : `${text} (SHA-256 ${digest})`;
}

/** Lines at the top of an exported file. */
export function exportComment(
  { project, revision, appliedBy, appliedAtMs }: ProjectRevision,
  files: readonly SuppliedFile[],
): readonly string[] {
  const when = new Date(appliedAtMs).toISOString();
  return [
    `${project.name}, revision ${revision}, applied by ${appliedBy} at ${when}; exported by nap-controller.`,
    ...(files.length === 0
      ? []
      : ['Beside this file:', ...files.map((file) => `- ${supplyText(file)}`)]),
  ];
}
