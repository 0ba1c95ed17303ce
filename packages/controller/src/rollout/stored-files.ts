import { fileContentCodec, keys, NapError, type FileDigest } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import { toStoredFiles, type Contents, type FileChanges, type StoredFiles } from './file-writes.js';

/** Which contents of configs and secrets etcd holds. Only controllers write them: under a leadership it stays so. */
export async function readStoredFiles(store: Store, signal: AbortSignal): Promise<StoredFiles> {
  return toStoredFiles(await store.keys([keys.contents(), keys.hostFiles()], signal));
}

/**
 * All contents that the changes put somewhere: those that the caller has read from disk, and for an instance that goes to
 * another host those that etcd keeps for the project. Throws BAD_VALUE when one is nowhere.
 */
export async function completeContents(
  store: Store,
  { puts }: FileChanges,
  known: { readonly contents: Contents; readonly signal: AbortSignal },
): Promise<Contents> {
  const all = new Map<FileDigest, string>(known.contents);
  for (const { digest, project } of puts) {
    if (all.has(digest)) continue;
    const key = keys.content(project, digest);
    const entry = await store.get(key, known.signal);
    if (entry === undefined) {
      throw new NapError(
        'BAD_VALUE',
        `${key} is missing in etcd: a config or secret of ${project}`,
        {
          hint: 'apply the files of the project again: they hold it',
        },
      );
    }
    all.set(digest, fileContentCodec.decode(entry.value, key).content);
  }
  return all;
}
