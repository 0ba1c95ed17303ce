import { testForms, testRefusals } from '../testing/attribute-cases.js';

const sda = (rest: object): object => ({ path: '/dev/sda', ...rest });

describe('blkio_config', () => {
  testForms([
    ['blkio_config: {weight: 300}', { blkio_config: { weight: 300 } }, { blkio: { weight: 300 } }],
    ['blkio_config: {}', { blkio_config: {} }, {}],
    [
      'blkio_config: {weight_device: [{path: /dev/sda, weight: 400}]}',
      { blkio_config: { weight_device: [sda({ weight: 400 })] } },
      { blkio: { weightDevices: [sda({ weight: 400 })] } },
    ],
    [
      'blkio_config: {device_read_bps: [{path: /dev/sda, rate: 12mb}], device_write_iops: [{path: /dev/sda, rate: 30}]}',
      {
        blkio_config: {
          device_read_bps: [sda({ rate: '12582912' })],
          device_write_iops: [sda({ rate: '30' })],
        },
      },
      { blkio: { readBps: [sda({ rate: 12_582_912 })], writeIops: [sda({ rate: 30 })] } },
    ],
  ]);

  testRefusals([
    ['blkio_config: {weight: 1001}', 'must be from 0 to 1000, and is 1001'],
    ['blkio_config: {device_read_bps: [{path: /dev/sda}]}', 'needs a path and a rate'],
    ['blkio_config: {device_read_bps: [{path: /dev/sda, rate: fast}]}', '"fast" is not a size'],
    ['blkio_config: {device_read_bps: [{path: /dev/sda, rate: -1}]}', '"-1" is not a size'],
  ]);
});
