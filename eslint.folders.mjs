/**
 * Who may import what. The pure folders have no I/O, clock, randomness or logger; each library has one home.
 * Layering between packages is enforced by TypeScript project references.
 */
const banned = (group, message) => ({ group, message });

const node = banned(
  ['node:*', '!node:crypto', '!node:path', '!node:net', '!node:util'],
  'this folder is pure: no I/O',
);
const etcd = banned(['etcd3', '@grpc/*'], 'etcd3 lives in shared/src/store only');
const docker = banned(['dockerode'], 'dockerode lives in agent/src/docker only');
const winston = banned(['winston'], 'winston lives in shared/src/runtime/log.ts only');
const ws = banned(['ws'], 'ws lives in agent/src/api and controller/src/agents only');
const yaml = banned(
  ['yaml'],
  'yaml lives in controller/src/compose, controller/src/contexts and output/format.ts only',
);
const terminal = banned(
  ['log-update', 'picocolors'],
  'the terminal is drawn on in commands/live-tree.ts and screen.ts, with the colours of output/colours.ts',
);
const impure = banned(
  ['store', 'runtime', 'start'].flatMap((name) => [`@nap/shared/${name}`, `**/${name}/*`]),
  'this folder is pure: import @nap/shared only',
);
const siblings = {
  regex: '^(\\.\\./)+(?!(compose|doctor|errors|events|model|output|plan|schema)/|[\\w-]+\\.js$)',
  message: 'this folder is pure: import pure folders only',
};
const testing = banned(['@nap/shared/testing', '**/testing/*'], 'fakes are for tests only');

const rule = (patterns) => ({
  'no-restricted-imports': ['error', { patterns }],
});
/** Everywhere: a rule that is set again for a folder takes the place of the one before. */
export const noSignalAny = {
  object: 'AbortSignal',
  property: 'any',
  message:
    'Node.js 20 and 22 keep something of each in memory for as long as its sources live (nodejs/node#54614): withDeadline, or a listener that is removed.',
};
const noClock = {
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate', 'process'].map((name) => ({
      name,
      message: 'pure folder, or use the clock of shared/src/runtime',
    })),
  ],
  'no-restricted-properties': [
    'error',
    noSignalAny,
    { object: 'Date', property: 'now', message: 'time is an input: pass it in' },
    { object: 'Math', property: 'random', message: 'randomness is an input: pass it in' },
  ],
};

const tests = ['**/*.test.ts'];

export const folderRules = [
  {
    files: ['packages/**/*.ts'],
    ignores: tests,
    rules: rule([etcd, docker, winston, yaml, terminal, ws, testing]),
  },
  {
    files: ['packages/agent/src/api/**/*.ts', 'packages/controller/src/agents/**/*.ts'],
    ignores: tests,
    rules: rule([etcd, docker, winston, yaml, terminal, testing]),
  },
  {
    files: ['packages/shared/src/store/**/*.ts'],
    ignores: tests,
    rules: rule([docker, winston, yaml, testing]),
  },
  {
    files: ['packages/agent/src/docker/**/*.ts'],
    ignores: tests,
    rules: rule([etcd, winston, yaml, testing]),
  },
  {
    files: ['packages/shared/src/runtime/log.ts'],
    rules: rule([etcd, docker, yaml, testing]),
  },
  {
    files: ['packages/controller/src/compose/**/*.ts'],
    ignores: [...tests, '**/compose/load.ts'],
    rules: { ...rule([etcd, docker, winston, node, impure, testing]), ...noClock },
  },
  {
    files: [
      'packages/controller/src/compose/load.ts',
      'packages/controller/src/contexts/{parse,edit}-contexts.ts',
    ],
    rules: rule([etcd, docker, winston, testing]),
  },
  {
    files: [
      'packages/shared/src/{model,schema,errors,flags}/**/*.ts',
      'packages/controller/src/{plan,output,doctor}/**/*.ts',
      'packages/agent/src/reconcile/**/*.ts',
      'packages/agent/src/hosts-file/render.ts',
    ],
    ignores: tests,
    rules: { ...rule([etcd, docker, winston, yaml, node, impure, siblings, testing]), ...noClock },
  },
  {
    // Writes YAML, for scripts, with a library that it loads when it is asked for.
    files: ['packages/controller/src/output/format.ts'],
    rules: { ...rule([etcd, docker, winston, impure, siblings, testing]), ...noClock },
  },
  {
    files: ['packages/controller/src/commands/live-tree.ts', 'packages/controller/src/screen.ts'],
    rules: rule([etcd, docker, winston, yaml, testing]),
  },
  {
    files: ['packages/shared/src/testing/**/*.ts', 'packages/*/src/**/testing/**/*.ts'],
    rules: rule([etcd, docker, winston, yaml]),
  },
];
