import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_SETTINGS,
  formatRecord,
  parseRecord,
  settingsDiff,
  toSettings,
  type LabSettings,
} from './settings.js';

describe('settings', () => {
  it('fills in what was not chosen', () => {
    expect(toSettings({ hosts: 5 })).toEqual({ ...DEFAULT_SETTINGS, hosts: 5 });
  });

  it.each([0, 27, 1.5, Number.NaN])('refuses %p hosts', (hosts) => {
    expect(() => toSettings({ hosts })).toThrow('is not possible');
  });

  it.each([-1, 100, 1e9])('refuses a disk of %p MiB', (disk) => {
    expect(() => toSettings({ disk })).toThrow('cannot have a disk');
  });

  it('refuses a value that is none of the choices', () => {
    const choices = { etcd: 2 } as unknown as Partial<LabSettings>;
    expect(() => toSettings(choices)).toThrow('etcd cannot be 2');
  });

  it('says what differs between two labs', () => {
    const wanted = toSettings({ hosts: 4, net: 'vxlan' });
    expect(settingsDiff(DEFAULT_SETTINGS, wanted)).toBe('hosts 3 -> 4, net host-gw -> vxlan');
    expect(settingsDiff(wanted, wanted)).toBe('');
  });
});

describe('the record of a lab', () => {
  const record = { settings: DEFAULT_SETTINGS, bootId: 'b' };

  it('is read back as it was written', () => {
    expect(parseRecord(formatRecord(record))).toEqual(record);
  });

  it.each(['', '{', '{}', formatRecord(record).slice(0, 40)])(
    'is refused when cut short: %p',
    (text) => {
      expect(() => parseRecord(text)).toThrow(/record of the lab/);
    },
  );
});
