import { STRATEGIES } from '@nap/shared';
import { toList } from '@nap/shared/runtime';
import { parseFormat } from '../output/format.js';
import { etcdFlags } from './global-flags.js';

/**
 * Flags that several commands share, as yargs takes them. A list is a string flag that may be repeated, not an array flag of
 * yargs: that would swallow the files that follow it, and take the `-` of standard input for a flag.
 */
export const formatFlag = {
  format: {
    type: 'string',
    default: 'table',
    coerce: parseFormat,
    description: "table for people; json, jsonl, yaml for scripts; or '{{.Name}} {{.Host}}'",
  },
} as const;

/** For what is no list, and is shown whole. */
export const inspectFormatFlag = {
  format: {
    choices: ['table', 'json', 'yaml'],
    default: 'table',
    description: 'table for people; json, yaml for scripts',
  },
} as const;

export const projectFlag = {
  'project-name': { alias: 'p', type: 'string', description: 'name of the project' },
} as const;

/** Some of the forms of plan/meanings.ts. */
export const NAME_FORMS = 'PROJECT, SERVICE, SERVICE/N, PROJECT.SERVICE';

/** Of what instances. */
export const namesFlag = {
  names: { type: 'string', array: true, description: `${NAME_FORMS}; default: all` },
} as const;

export const fileFlags = {
  ...projectFlag,
  file: {
    alias: 'f',
    type: 'string',
    coerce: toList,
    description: 'Compose file; - reads standard input',
  },
  profile: { type: 'string', coerce: toList, description: 'profile to enable' },
  'env-file': {
    type: 'string',
    coerce: toList,
    description: 'environment file instead of .env',
  },
  'project-directory': { type: 'string', description: 'directory that relative paths start from' },
  strict: {
    type: 'boolean',
    default: false,
    description: 'refuse what would be ignored with a warning',
  },
} as const;

/** For commands that wait. */
export const waitFlags = {
  timeout: { type: 'number', default: 300, description: 'seconds to wait until it is as wanted' },
  progress: {
    choices: ['auto', 'tty', 'plain', 'json', 'quiet'],
    default: 'auto',
    description: 'what to say on standard error: a tree that moves, lines, one JSON object a line',
  },
} as const;

/** Compose files by position: `apply a.yml b.yml` is `apply -f a.yml -f b.yml`. */
export const filesPositional = {
  files: { type: 'string', array: true, description: 'Compose files, merged in order' },
} as const;

export const detachFlag = {
  detach: {
    alias: 'd',
    type: 'boolean',
    default: false,
    description: 'do not wait until it is as wanted',
  },
} as const;

export const strategyFlag = {
  strategy: {
    choices: STRATEGIES,
    description: 'how to choose hosts for what is placed now, instead of what the file says',
  },
} as const;

export const scaleFlag = {
  scale: {
    type: 'string',
    coerce: toList,
    description: 'SERVICE=COUNT, instead of what the file says',
  },
} as const;

/** What is asked for beside the files. */
export const askFlags = {
  ...scaleFlag,
  ...strategyFlag,
  prune: {
    alias: 'remove-orphans',
    type: 'boolean',
    default: true,
    description: 'remove services that left the files; --no-prune keeps them as they are',
  },
  'force-recreate': {
    type: 'boolean',
    default: false,
    description: 'recreate all containers, although nothing changed',
  },
  pull: {
    choices: ['policy', 'always', 'missing', 'never'],
    default: 'policy',
    description: 'always: look for newer images now; missing, never: instead of pull_policy',
  },
  recreate: {
    type: 'string',
    coerce: toList,
    description: 'SERVICE whose containers are recreated, although nothing changed',
  },
} as const;

export const messageFlag = {
  message: {
    alias: 'm',
    type: 'string',
    // Given several times it is that many lines; blank it is none.
    coerce: (text: string | readonly string[] | undefined): string | undefined =>
      [text ?? []].flat().join('\n').trim() || undefined,
    description: 'why, for nap-controller history',
  },
} as const;

export { etcdFlags };

/** Flags of every command that asks agents, beside those of etcd. */
export const agentApiFlags = {
  'api-cert': {
    type: 'string',
    description: 'file with the client certificate for agents; default: that for etcd',
  },
  'api-key': { type: 'string', description: 'file with the key of --api-cert' },
} as const;
