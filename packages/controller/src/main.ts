#!/usr/bin/env -S node --disable-warning=DEP0123 --
// gRPC names the server by its address in a TLS handshake; that etcd's endpoints are addresses is nobody's fault.
import { statSync } from 'node:fs';
import module from 'node:module';
import { isAbsolute, join } from 'node:path';
import { bundleFiles, openBundle, originalStack } from '@nap/shared/start';

const dist = import.meta.dirname;
// What scripts/bundle.mjs made of the module that is loaded otherwise.
const bundled = openBundle(dist) as typeof import('./command-process.js') | undefined;
if (bundled === undefined) keepCompiled();
const { runCommandProcess } = bundled ?? (await import('./command-process.js'));
await runCommandProcess((stack) => originalStack(stack, bundleFiles(dist)));

/** Before anything else is loaded: Node 22.8 and newer can keep what they have compiled. */
function keepCompiled(): void {
  const { enableCompileCache } = module as { enableCompileCache?: (directory: string) => unknown };
  const cache = cacheDirectory();
  if (cache !== undefined) enableCompileCache?.(cache);
}

/** The operator's own: whoever can write there decides what is run. */
function cacheDirectory(): string | undefined {
  const { HOME = '', XDG_CACHE_HOME = '' } = process.env;
  const [owned, directory] = isAbsolute(XDG_CACHE_HOME)
    ? [XDG_CACHE_HOME, XDG_CACHE_HOME]
    : [HOME, join(HOME, '.cache')];
  try {
    const { uid, mode } = statSync(owned);
    const isOwn = uid === process.getuid?.() && (mode & 0o022) === 0;
    return isOwn ? join(directory, 'nap') : undefined;
  } catch {
    // No such directory: nothing is kept.
    return undefined;
  }
}
