import { PassThrough } from 'node:stream';
import { systemClock } from '@nap/shared/runtime';
import { cliReference, type Facts, type SharedFlags } from '../output/cli-reference.js';
import { COMMANDS } from './all.js';
import type { CommandContext } from './context.js';
import type { CommandDescription } from './declare-command.js';
import { fileFlags, waitFlags } from './flags.js';
import { etcdFlags, globalFlags } from './global-flags.js';

const SHARED: readonly SharedFlags[] = [
  {
    title: 'Flags of every command',
    text: '`--help` besides, of every command; `--version`.',
    flags: globalFlags,
  },
  {
    title: 'Flags that say where etcd is',
    text: `A flag goes before a context that \`--context\` names, that before \`NAP_…\` in the environment, that before the context of \`NAP_CONTEXT\`
or the current one (\`context use\`), and that before the default. Certificates and passwords go to the endpoints that they were kept
with only: where \`--etcd\` or \`NAP_ETCD\` says where etcd is and \`--context\` names nothing, no context counts.`,
    flags: etcdFlags,
  },
  {
    title: 'Flags that say which files',
    text: 'As `docker compose` takes them; `-f` may be repeated, later files override earlier ones.',
    flags: fileFlags,
  },
  {
    title: 'Flags of what waits',
    text: 'Ctrl-C ends the waiting with 130; what was written stays, and the agents go on.',
    flags: waitFlags,
  },
];

const ENVIRONMENT: Facts = [
  [
    'NAP_FLAG',
    'any flag: `NAP_ETCD` is `--etcd`, `NAP_ETCD_CA` is `--etcd-ca`, `NAP_TIMEOUT` is `--timeout`; one that is on or off takes true, 1, false or 0 (on the command line true or false), and its other long names count too',
  ],
  ['NAP_CONTEXT', 'the context to use instead of the current one'],
  ['NAP_CONFIG', 'the file with contexts, instead of `~/.config/nap/contexts.yml`'],
  ['XDG_CONFIG_HOME', 'the directory for configuration, instead of `~/.config`'],
  ['NO_COLOR', 'set to anything: no colours, unless `--ansi always`'],
  ['TERM', '`dumb`: neither colours nor a tree that moves'],
  [
    'COMPOSE_FILE, COMPOSE_PATH_SEPARATOR, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES, COMPOSE_ENV_FILES, COMPOSE_DISABLE_ENV_FILE',
    'as in Docker Compose',
  ],
];

const FILES: Facts = [
  [
    '~/.config/nap/contexts.yml',
    'contexts: `current: NAME` and `contexts: {NAME: {…}}`, each with `etcd` and, where needed, `etcd-ca`, `etcd-cert`, `etcd-key`, `etcd-user`, `etcd-password-file` (or `etcd-password`) and `prefix`. Paths start at the file. Nobody else needs to read it: mode 600',
  ],
  [
    'compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml',
    'the Compose files of the working directory (or of `--project-directory`) or the nearest above it, where none are named',
  ],
  [
    '.env',
    'variables for the Compose files: of the directory of the first file, and before it, where `-f` names none, of the working directory',
  ],
];

/** docs/cli.md. */
export async function referenceDocument(): Promise<string> {
  return cliReference({
    commands: await descriptions(),
    shared: SHARED,
    environment: ENVIRONMENT,
    files: FILES,
  });
}

/** What every command says of itself. */
export async function descriptions(): Promise<readonly CommandDescription[]> {
  const found: CommandDescription[] = [];
  for (const { load } of COMMANDS) found.push((await load())(UNUSED).description);
  return found;
}

/** To be made, a command needs a context; to describe itself, it does not use it. */
const nowhere = new PassThrough();
const UNUSED: CommandContext = {
  out: () => undefined,
  err: () => undefined,
  readStdin: () => Promise.resolve(''),
  streams: { input: nowhere, output: nowhere, errors: nowhere },
  signal: new AbortController().signal,
  clock: systemClock,
  env: {},
  cwd: '/',
  user: '',
};
