import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

const device = (source: string, target = source, permissions = 'rwm'): object => ({
  source,
  target,
  permissions,
});
const one = (source: string, target = source, permissions = 'rwm'): readonly [object, object] => [
  { devices: [device(source, target, permissions)] },
  { devices: [device(source, target, permissions)] },
];
const CDI = 'vendor.com/gpu=0';

describe('devices', () => {
  testForms([
    ['devices: [/dev/a]', ...one('/dev/a')],
    ['devices: ["/dev/a:/dev/b"]', ...one('/dev/a', '/dev/b')],
    ['devices: ["/dev/a:/dev/b:r"]', ...one('/dev/a', '/dev/b', 'r')],
    ['devices: [{source: /dev/a}]', ...one('/dev/a')],
    ['devices: [{source: /dev/a, target: /x, permissions: rw}]', ...one('/dev/a', '/x', 'rw')],
    ['devices: []', {}, {}],
    [
      `devices: [/dev/a, "${CDI}"]`,
      { devices: [device('/dev/a'), device(CDI)] },
      {
        devices: [device('/dev/a')],
        deviceRequests: [{ driver: 'cdi', deviceIds: [CDI] }],
      },
    ],
    [
      'device_cgroup_rules: ["c 1:3 mr", "a *:* rwm"]',
      { device_cgroup_rules: ['c 1:3 mr', 'a *:* rwm'] },
      { deviceCgroupRules: ['c 1:3 mr', 'a *:* rwm'] },
    ],
  ]);

  testRefusals([
    ['devices: ["/dev/a:rw"]', '"/dev/a:rw" is not a device'],
    ['devices: ["/dev/a:/dev/b:x"]', '"/dev/a:/dev/b:x" is not a device'],
    ['devices: [sda]', '"sda" is not a device'],
    ['devices: [{source: /dev/a, permissions: all}]', '"all" is not a set of permissions'],
    ['device_cgroup_rules: [all]', '"all" is not a rule for devices'],
  ]);

  test('one for each target: a later one takes its place', async () => {
    expect(
      await mergedConfig('devices: ["/dev/a:/x", /dev/b]', 'devices: ["/dev/c:/x"]'),
    ).toMatchObject({ devices: [device('/dev/c', '/x'), device('/dev/b')] });
  });
});

describe('gpus and reserved devices', () => {
  const gpu = { capabilities: [['gpu']] };
  const reserved = (devices: readonly object[]): object => ({
    deploy: { resources: { reservations: { devices } }, placement: {} },
  });
  testForms([
    ['gpus: all', { gpus: [{ count: -1 }] }, { deviceRequests: [{ count: -1, ...gpu }] }],
    [
      'gpus: [{driver: nvidia}]',
      { gpus: [{ driver: 'nvidia', count: -1 }] },
      { deviceRequests: [{ driver: 'nvidia', count: -1, ...gpu }] },
    ],
    [
      'gpus: [{device_ids: ["0", "3"], capabilities: [gpu, utility], options: {a: 1}}]',
      { gpus: [{ device_ids: ['0', '3'], capabilities: ['gpu', 'utility'], options: { a: '1' } }] },
      {
        deviceRequests: [
          { deviceIds: ['0', '3'], capabilities: [['gpu', 'utility']], options: { a: '1' } },
        ],
      },
    ],
    [
      'deploy: {resources: {reservations: {devices: [{capabilities: [tpu], count: 2}]}}}',
      reserved([{ capabilities: ['tpu'], count: 2 }]),
      { deviceRequests: [{ count: 2, capabilities: [['tpu']] }] },
    ],
    [
      'deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: all}]}}}',
      reserved([{ capabilities: ['gpu'], count: -1 }]),
      { deviceRequests: [{ count: -1, ...gpu }] },
    ],
  ]);

  testRefusals([
    ['gpus: some', 'must be a list'],
    ['gpus: [{count: 1, device_ids: [a]}]', 'has a count or device_ids, not both'],
    [
      'deploy: {resources: {reservations: {devices: [{count: 1}]}}}',
      'a device reservation names no capabilities',
    ],
  ]);
});
