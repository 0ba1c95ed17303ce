import {
  digestOf,
  fileContentCodec,
  isNapError,
  keys,
  messageOf,
  NapError,
  type FileSpec,
  type HostId,
  type InstanceId,
} from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import type { Store } from '@nap/shared/store';
import type { FileDisk } from './file-disk.js';
import { filePath, type FileDirs } from './file-path.js';
import { unusedFiles, type UnusedInput } from './unused-files.js';

export interface ContainerFilesParts {
  readonly host: HostId;
  readonly dirs: FileDirs;
  readonly disk: FileDisk;
  readonly store: Pick<Store, 'get'>;
  readonly log: Log;
}

/**
 * The configs and secrets of this host's instances, as files that their containers mount. What is in them is read from
 * etcd when it is needed and not here; it is never part of an error or a log line.
 */
export class ContainerFiles {
  private readonly parts: ContainerFilesParts;

  constructor(parts: ContainerFilesParts) {
    this.parts = parts;
  }

  pathOf(instance: InstanceId, file: FileSpec): string {
    return filePath(this.parts.dirs, instance, file);
  }

  /**
   * All of them are there afterwards, with the right content. etcd is asked only for what is missing. Throws FILE_MISSING
   * when it has not got it or does not answer, BAD_CONFIG when the directory of the secrets is on a disk.
   */
  async provide(instance: InstanceId, files: readonly FileSpec[]): Promise<void> {
    for (const file of files) await this.provideOne(this.pathOf(instance, file), file);
  }

  /** As `provide`, with what the caller has brought along: etcd holds for a host what its own placements name, and no more. */
  async provideGiven(
    owner: InstanceId,
    files: readonly FileSpec[],
    given: ReadonlyMap<string, Buffer>,
  ): Promise<void> {
    const { disk } = this.parts;
    for (const file of files) {
      await this.checkInMemory(file);
      const bytes = given.get(file.digest);
      if (bytes === undefined || digestOf(bytes) !== file.digest) {
        throw new NapError('FILE_MISSING', `the ${file.kind} for ${file.target} was not given`);
      }
      await disk.write(this.pathOf(owner, file), bytes, file);
    }
  }

  /** Removes what nothing needs any more; a failure is logged, and the next time is another try. */
  async tidy(input: Omit<UnusedInput, 'dirs' | 'present'>): Promise<void> {
    const { dirs, disk, log } = this.parts;
    if (!input.desired.isFresh) return;
    try {
      const present = [...(await disk.list(dirs.config)), ...(await disk.list(dirs.secret))];
      const unused = unusedFiles({ ...input, dirs, present });
      for (const path of unused) await disk.remove(path);
      if (unused.length > 0) log.debug('unused files removed', { files: unused.length });
    } catch (err) {
      if (!isNapError(err)) throw err;
      log.warn('cannot remove unused configs and secrets', { err });
    }
  }

  private async provideOne(path: string, file: FileSpec): Promise<void> {
    const { disk } = this.parts;
    await this.checkInMemory(file);
    const present = await disk.read(path, file);
    if (present !== undefined && digestOf(present) === file.digest) return;
    await disk.write(path, await this.fetch(file), file);
  }

  private async checkInMemory({ kind }: FileSpec): Promise<void> {
    const { disk, dirs } = this.parts;
    if (kind !== 'secret' || (await disk.isInMemory(dirs.secret))) return;
    throw new NapError('BAD_CONFIG', `${dirs.secret} is not on a file system in memory`, {
      hint: 'secrets must not reach a disk: give the agent a --run-dir on a tmpfs',
    });
  }

  private async fetch(file: FileSpec): Promise<Buffer> {
    const { store, host } = this.parts;
    const what = `the ${file.kind} for ${file.target}`;
    const key = keys.hostFile(host, file.digest);
    let text: string | undefined;
    try {
      text = (await store.get(key))?.value;
    } catch (err) {
      if (!isNapError(err)) throw err;
      throw missing(`${what} is not on this host, and etcd does not give it: ${messageOf(err)}`);
    }
    if (text === undefined) throw missing(`${what} is neither on this host nor in etcd`);
    const bytes = decode(text, key);
    if (bytes === undefined || digestOf(bytes) !== file.digest) {
      throw missing(`what etcd holds as ${what} is not what was applied: its digest differs`);
    }
    return bytes;
  }
}

const missing = (message: string): NapError =>
  new NapError('FILE_MISSING', message, {
    hint: 'it is tried again; applying the project again writes it anew',
  });

/** Without a cause: the words of a parser quote what they could not read. */
function decode(text: string, key: string): Buffer | undefined {
  try {
    return Buffer.from(fileContentCodec.decode(text, key).content, 'base64');
  } catch (err) {
    if (isNapError(err, 'BAD_VALUE')) return undefined;
    throw err;
  }
}
