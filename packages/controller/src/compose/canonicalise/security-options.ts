import { appended } from '../merge.js';
import { listOf, rejected, type Shape } from '../shape.js';
import { absolutePath } from './paths.js';
import { text } from './scalars.js';

/** Profiles that the engine has itself. */
const BUILT_IN: readonly string[] = ['unconfined', 'builtin'];

/** The file of `seccomp=FILE`, absolute in canonical form; undefined for other options. */
export function seccompFile(option: string): string | undefined {
  const file = /^seccomp[=:](.+)$/.exec(option)?.[1];
  return file === undefined || BUILT_IN.includes(file) ? undefined : file;
}

const option: Shape = {
  ...text,
  kind: 'security option',
  read: (node, path, context) => {
    const read = text.read(node, path, context);
    if (read.kind !== 'scalar') return read;
    const written = String(read.value);
    if (!/^[\w.-]+[=:].+$/.test(written) && written !== 'no-new-privileges') {
      const hint =
        'such as no-new-privileges:true, seccomp=FILE, apparmor=PROFILE or label=disable';
      return rejected(node, path, context, `"${written}" is not a security option`, hint);
    }
    const file = seccompFile(written);
    if (file === undefined) return read;
    const absolute = absolutePath(file, context);
    if (absolute === undefined) {
      return rejected(node, path, context, '"~" needs HOME in the environment');
    }
    return { ...read, value: `seccomp=${absolute}`, written };
  },
};

/** Canonical: a list of strings, the file of a seccomp profile absolute. */
export const securityOptions: Shape = listOf('list of security options', option, appended);
