import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

const limits = (resources: object): object => ({
  deploy: { resources: { limits: resources }, placement: {} },
});

describe('processors', () => {
  testForms([
    ['cpus: 0.5', { cpus: 0.5 }, { cpus: 0.5 }],
    ['cpus: "1.50"', { cpus: 1.5 }, { cpus: 1.5 }],
    ["cpus: '.5'", { cpus: 0.5 }, { cpus: 0.5 }],
    ["cpus: '5e-1'", { cpus: 0.5 }, { cpus: 0.5 }],
    ['cpus: 0', {}, {}],
    ['cpuset: 0-2,4', { cpuset: '0-2,4' }, { cpuset: '0-2,4' }],
    ['cpu_shares: 73', { cpu_shares: 73 }, { cpuShares: 73 }],
    ['cpu_shares: 0', {}, {}],
    ['cpu_period: 100000', { cpu_period: 100_000 }, { cpuPeriodUs: 100_000 }],
    ['cpu_quota: 50ms', { cpu_quota: 50_000 }, { cpuQuotaUs: 50_000 }],
    ['cpu_rt_period: "1400us"', { cpu_rt_period: 1400 }, { cpuRealtimePeriodUs: 1400 }],
    ['cpu_rt_runtime: "95000"', { cpu_rt_runtime: 95_000 }, { cpuRealtimeRuntimeUs: 95_000 }],
    ['deploy: {resources: {limits: {cpus: "0.5"}}}', limits({ cpus: 0.5 }), { cpus: 0.5 }],
    [
      'cpus: 2\ndeploy: {resources: {limits: {cpus: 2}}}',
      { cpus: 2, ...limits({ cpus: 2 }) },
      { cpus: 2 },
    ],
  ]);

  testRefusals([
    ['cpus: -1', 'must be a number from 0, and is -1'],
    ['cpus: many', 'must be a number'],
    ['cpuset: all', '"all" is not a set of processors'],
    ['cpu_quota: 5 apples', '"5 apples" is not a duration'],
    ['cpu_shares: -1', 'must be an integer from 0'],
    [
      'cpus: 1\ndeploy: {resources: {limits: {cpus: 2}}}',
      'cpus and deploy.resources.limits.cpus differ: 1 and 2',
    ],
    ['cpus: 1\ncpu_quota: 5000', 'cpus and cpu_quota say the same in two ways'],
  ]);

  test('a later file replaces', async () => {
    expect(await mergedConfig('cpus: 1\ncpuset: "0"', 'cpus: 2')).toMatchObject({
      cpus: 2,
      cpuset: '0',
    });
  });
});
