import { etcdFlags as connectionFlags } from '@nap/shared/runtime';

/** Flags that every command takes. */
export const globalFlags = {
  ansi: {
    choices: ['auto', 'always', 'never'],
    default: 'auto',
    description: 'colours and a tree that moves: auto where a terminal is',
  },
} as const;

/** How etcd is reached: flags that a context may say instead. */
export const contextFlags: ReadonlySet<string> = new Set(Object.keys(connectionFlags));

export const etcdFlags = {
  ...connectionFlags,
  context: {
    type: 'string',
    description: 'cluster to talk to, of those that nap-controller context ls lists (NAP_CONTEXT)',
  },
} as const;
