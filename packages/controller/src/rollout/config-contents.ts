import { fileContentCodec, keys, type FileDigest, type Project } from '@nap/shared';
import type { Store } from '@nap/shared/store';

/** What is in the configs of a project, base64; what is in its secrets is not even read. */
export async function readConfigContents(
  store: Pick<Store, 'snapshot'>,
  project: Project,
  signal: AbortSignal,
): Promise<ReadonlyMap<FileDigest, string>> {
  const digests = project.services
    .flatMap(({ container }) => container.files ?? [])
    .flatMap(({ kind, digest }) => (kind === 'config' ? digest : []));
  const wanted = new Map(digests.map((digest) => [keys.content(project.name, digest), digest]));
  if (wanted.size === 0) return new Map();
  const { entries } = await store.snapshot([...wanted.keys()], signal);
  return new Map(
    [...wanted].flatMap(([key, digest]) => {
      const entry = entries.get(key);
      return entry === undefined
        ? []
        : [[digest, fileContentCodec.decode(entry.value, key).content] as const];
    }),
  );
}
