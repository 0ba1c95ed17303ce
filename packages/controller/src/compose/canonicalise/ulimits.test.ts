import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

const nofile = (soft: number, hard: number): object => ({ ulimits: { nofile: { soft, hard } } });

describe('ulimits', () => {
  testForms([
    ['ulimits: {nofile: 5}', { ulimits: { nofile: 5 } }, nofile(5, 5)],
    ['ulimits: {nofile: "5"}', { ulimits: { nofile: 5 } }, nofile(5, 5)],
    ['ulimits: {nofile: "-0"}', { ulimits: { nofile: 0 } }, nofile(0, 0)],
    ['ulimits: {nofile: -1}', { ulimits: { nofile: -1 } }, nofile(-1, -1)],
    ['ulimits: {nofile: {soft: 1, hard: 2}}', nofile(1, 2), nofile(1, 2)],
    ['ulimits: {nofile: {soft: 1, hard: -1}}', nofile(1, -1), nofile(1, -1)],
    ['ulimits: {}', {}, {}],
  ]);

  testRefusals([
    ['ulimits: {nofile: {soft: 1}}', 'needs both soft and hard'],
    ['ulimits: {nofile: {soft: 3, hard: 2}}', 'the soft limit 3 is over the hard limit 2'],
    ['ulimits: {NoFile: 5}', '"NoFile" is not the name of a limit: did you mean "nofile"?'],
    ['ulimits: {nope: 1}', '"nope" is not the name of a limit: they are as, core, cpu,'],
    ['ulimits: {nofile: lots}', 'must be an integer'],
  ]);

  test.each([
    ['{nofile: 5}', '{nofile: {soft: 1, hard: 2}}', nofile(1, 2)],
    ['{nofile: {soft: 1, hard: 2}}', '{nofile: 5, nproc: 6}', { ulimits: { nofile: 5, nproc: 6 } }],
    ['{nofile: {soft: 1, hard: 2}}', '{nofile: {soft: 3, hard: 4}}', nofile(3, 4)],
  ])('%s under %s', async (base, over, expected) => {
    expect(await mergedConfig(`ulimits: ${base}`, `ulimits: ${over}`)).toMatchObject(expected);
  });
});

describe('other limits and settings of the kernel', () => {
  testForms([
    ['pids_limit: 10', { pids_limit: 10 }, { pidsLimit: 10 }],
    ['pids_limit: -1', { pids_limit: -1 }, {}],
    ['pids_limit: 0', {}, {}],
    [
      'deploy: {resources: {limits: {pids: 7}}}',
      { deploy: { resources: { limits: { pids: 7 } }, placement: {} } },
      { pidsLimit: 7 },
    ],
    [
      'sysctls: [net.core.somaxconn=1024]',
      { sysctls: { 'net.core.somaxconn': '1024' } },
      { sysctls: { 'net.core.somaxconn': '1024' } },
    ],
    ['sysctls: {a.b: 1}', { sysctls: { 'a.b': '1' } }, { sysctls: { 'a.b': '1' } }],
    [
      'storage_opt: {size: 1G}',
      { storage_opt: { size: '1G' } },
      { storageOptions: { size: '1G' } },
    ],
  ]);

  testRefusals([
    [
      'pids_limit: 5\ndeploy: {resources: {limits: {pids: 6}}}',
      'pids_limit and deploy.resources.limits.pids differ: 5 and 6',
    ],
  ]);
});
