import { messageOf, NapError } from '@nap/shared';

/** For the file that a flag names; `path` as it was given. */
export function cannotWrite(flag: string, path: string, cause: unknown): NapError {
  return new NapError('USAGE', `${flag}: cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    hint: 'name a file in a directory that is there and that you may write to',
  });
}
