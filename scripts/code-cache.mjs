/**
 * code-cache.mjs DIST: lets this Node compile the bundle of a package, once for all starts. Another version of Node
 * refuses what this one has compiled, and compiles by itself.
 */
import { execFileSync } from 'node:child_process';
import { realpathSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bundleFiles,
  compileBundle,
  programFlags,
  runBundle,
} from '../packages/shared/dist/start/index.js';

const SELF = fileURLToPath(import.meta.url);
/** Nobody listens there. */
const NO_ETCD = 'http://127.0.0.1:1';

/** By a process of its own: what is compiled is what it has run. */
export function writeCodeCache(dist) {
  rmSync(bundleFiles(dist).codeCache, { force: true });
  execFileSync(process.execPath, [...programFlags(dist), SELF, dist], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Commands load nearly all that they load before they find out that etcd is not there. */
async function compile(dist) {
  const files = bundleFiles(dist);
  const script = compileBundle(files);
  const { runCommandProcess, main } = runBundle(script, files);
  const { argv, stdout, stderr } = process;
  stdout.write = stderr.write = () => true;
  if (runCommandProcess !== undefined) {
    for (const words of [['--help'], ['ps', '--etcd', NO_ETCD]]) {
      process.argv = [...argv.slice(0, 2), ...words];
      await runCommandProcess((stack) => stack);
    }
  } else await main(['version']);
  writeFileSync(files.codeCache, script.createCachedData());
  process.exit(0);
}

if (realpathSync(process.argv[1]) === SELF) await compile(resolve(process.argv[2]));
