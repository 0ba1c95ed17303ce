import { testForms, testRefusals } from '../testing/attribute-cases.js';

const MIB = 1024 * 1024;
const deploy = (resources: object): object => ({ deploy: { resources, placement: {} } });

describe('memory', () => {
  testForms([
    ['mem_limit: 64m', { mem_limit: '67108864' }, { memoryBytes: 64 * MIB }],
    ['mem_limit: 0', {}, {}],
    ['mem_limit: 6m', { mem_limit: '6291456' }, { memoryBytes: 6 * MIB }],
    ['mem_reservation: 32M', { mem_reservation: '33554432' }, { memoryReservationBytes: 32 * MIB }],
    ['memswap_limit: -1', { memswap_limit: '-1' }, { memorySwapBytes: -1 }],
    [
      'mem_limit: 64m\nmemswap_limit: 64m',
      { mem_limit: '67108864', memswap_limit: '67108864' },
      { memoryBytes: 64 * MIB, memorySwapBytes: 64 * MIB },
    ],
    ['mem_swappiness: 0', { mem_swappiness: '0' }, { memorySwappiness: 0 }],
    ['mem_swappiness: 60', { mem_swappiness: '60' }, { memorySwappiness: 60 }],
    ['shm_size: 64M', { shm_size: '67108864' }, { shmSizeBytes: 64 * MIB }],
    ['oom_kill_disable: true', { oom_kill_disable: true }, { oomKillDisable: true }],
    ['oom_kill_disable: false', {}, {}],
    ['oom_score_adj: -500', { oom_score_adj: -500 }, { oomScoreAdj: -500 }],
    ['oom_score_adj: 0', {}, {}],
    [
      'deploy: {resources: {limits: {memory: 64m}, reservations: {memory: 32m}}}',
      deploy({ limits: { memory: '67108864' }, reservations: { memory: '33554432' } }),
      { memoryBytes: 64 * MIB, memoryReservationBytes: 32 * MIB },
    ],
  ]);

  testRefusals([
    ['mem_limit: lots', '"lots" is not a size'],
    ['mem_swappiness: 101', 'must be from 0 to 100, and is 101'],
    ['oom_score_adj: 1001', 'must be from -1000 to 1000, and is 1001'],
    [
      'mem_limit: 1m\nmem_reservation: 2m',
      'reserves 2097152 bytes, more than the limit of 1048576',
    ],
    [
      'mem_limit: 512',
      'compose.yml:4:16  error  services.web.mem_limit: 512 bytes are less than the 6 MiB that the engine needs\n    write it with a unit',
    ],
    ['mem_reservation: 6291455b', 'services.web.mem_reservation: 6291455 bytes are less than'],
    [
      'deploy: {resources: {limits: {memory: 5m}}}',
      'services.web.deploy.resources.limits.memory: 5242880 bytes are less than',
    ],
    ['memswap_limit: 1g', 'memory and swap together are limited, and memory alone is not'],
    ['mem_limit: 2m\nmemswap_limit: 1m', 'memory and swap together are less than the limit'],
    [
      'mem_limit: 1m\ndeploy: {resources: {limits: {memory: 2m}}}',
      'mem_limit and deploy.resources.limits.memory differ: 1048576 and 2097152',
    ],
  ]);
});
