import type { Action, Schedule } from './actions.js';

/**
 * Histories under which nap was once wrong, as few actions each as it took; docs/faults.md tells of them. What a seed draws
 * changes with every new kind of fault, these do not.
 */

const APPLY: Action = {
  kind: 'apply',
  project: 'blog',
  variant: { version: 1, data: 1, web: 3, api: 1 },
  waits: false,
  // So that a backup is made while the images are pulled.
  atMs: 4_800,
};

const SHOP = { kind: 'apply', project: 'shop', waits: false } as const;

const history = (...actions: readonly Action[]): Schedule => ({
  seed: 1,
  latencyMs: 12,
  actions: [APPLY, ...actions],
});

const ledger = (replicas: number, atMs: number): readonly Action[] => [
  { kind: 'scale', project: 'blog', service: 'ledger', replicas, waits: false, atMs },
];

export const FOUND: Readonly<Record<string, Schedule>> = {
  'an engine that crashes while the clock is set back by 54 minutes': history(
    ...[
      {
        kind: 'restart-engine',
        host: 'host-a',
        how: 'crashed',
        forMs: 2_600,
        atMs: 66_700,
      } as const,
      { kind: 'set-clock', host: 'host-a', byMs: -3_244_796, atMs: 67_000 } as const,
    ],
  ),
  'a project that is taken down while an agent starts again, and is applied once more': {
    seed: 521,
    latencyMs: 12,
    actions: [
      { ...SHOP, variant: { version: 3, data: 1, web: 3, api: 1 }, atMs: 1_000 },
      { kind: 'kill-agent', host: 'host-c', forMs: 2_101, atMs: 7_800 },
      { kind: 'down', project: 'shop', volumes: false, waits: false, atMs: 9_600 },
      { ...SHOP, variant: { version: 3, data: 2, web: 2, api: 2 }, atMs: 69_800 },
    ],
  },
  'an etcd that is restored from a backup of a few seconds ago': history({
    kind: 'restore-etcd',
    agoMs: 4_500,
    atMs: 10_000,
  }),
  'a service that is scaled away and wanted again while its host is cut off': history(
    { kind: 'cut', machine: 'host-a', there: 'drop', back: 'drop', forMs: 60_000, atMs: 30_000 },
    ...ledger(0, 40_600),
    ...ledger(1, 41_000),
  ),
  'a project that is taken down and applied again while a host is cut off': history(
    { kind: 'cut', machine: 'host-a', there: 'drop', back: 'drop', forMs: 60_000, atMs: 30_000 },
    { kind: 'down', project: 'blog', volumes: false, waits: false, atMs: 31_000 },
    { ...APPLY, atMs: 41_000 },
  ),
  'a project that is taken down with its volumes while an instance moves': {
    seed: 394,
    latencyMs: 12,
    actions: [
      { ...SHOP, variant: { version: 1, data: 1, web: 0, api: 2 }, atMs: 1_000 },
      { kind: 'drain', host: 'host-c', waits: false, atMs: 90_800 },
      { kind: 'down', project: 'shop', volumes: true, waits: false, atMs: 91_200 },
    ],
  },
};
