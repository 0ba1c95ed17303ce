import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderHosts } from './render.js';
import { diskHostsFiles, updateHostsFile } from './write.js';

/** One page: the file system is full when a file grows beyond it. */
const PAGE_BYTES = 4096;
const OWN_LINE = '127.0.0.1 localhost\n';

describe('a hosts file on a disk without space', () => {
  let disk: string;
  let path: string;

  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'nap-full-'));
    path = join(disk, 'hosts');
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${PAGE_BYTES}`, 'nap-test', disk]);
  });
  afterEach(() => {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });

  const fill = (freeBytes: number): string => {
    const comment = `#${'x'.repeat(PAGE_BYTES - OWN_LINE.length - freeBytes - 2)}\n`;
    const text = OWN_LINE + comment;
    writeFileSync(path, text);
    return text;
  };
  const add = (): unknown =>
    updateHostsFile(diskHostsFiles, path, (existing) =>
      renderHosts({
        ...{ existing, seeds: [] },
        entries: [{ names: ['web', 'web-12'], addresses: ['10.4.1.12', '10.4.2.7'] }],
      }),
    );

  it.each([0, 7, 20, 40])('stays as it is, whole, with %d bytes left', (freeBytes) => {
    const before = fill(freeBytes);
    expect(add).toThrow(/cannot write the hosts file .*ENOSPC/);
    expect(readFileSync(path, 'latin1')).toBe(before);
  });

  it('keeps what has come to life where a line in front of it cannot die', () => {
    // The first page is a hole: there is no space for it any more.
    const fd = openSync(path, 'w');
    writeSync(fd, OWN_LINE, PAGE_BYTES);
    closeSync(fd);
    const added = '10.4.1.12 web\n';
    const change = (): void => {
      diskHostsFiles.withFile(path, (file) => {
        file.read();
        file.write([
          { offset: PAGE_BYTES + OWN_LINE.length, text: added },
          { offset: 0, text: '#' },
        ]);
      });
    };
    expect(change).toThrow(/ENOSPC/);
    expect(readFileSync(path, 'latin1').slice(PAGE_BYTES)).toBe(OWN_LINE + added);
  });

  it('is written once there is space again', () => {
    fill(20);
    expect(add).toThrow();
    execFileSync('mount', ['-o', `remount,size=${2 * PAGE_BYTES}`, disk]);
    expect(add()).toBe('written');
    expect(readFileSync(path, 'latin1')).toMatch(/^10\.4\.2\.7\s+web web-12\b/m);
  });
});

describe('a hosts file that cannot be brought up to date', () => {
  it('that is not there is said by name', () => {
    const missing = join(tmpdir(), 'nap-no-such-directory', 'hosts');
    const change = (): unknown => diskHostsFiles.withFile(missing, (file) => file.read());
    expect(change).toThrow(`cannot open the hosts file ${missing}`);
  });

  it('because of a bug: the bug is not taken for the disk', () => {
    const dir = mkdtempSync(join(tmpdir(), 'nap-bug-'));
    const path = join(dir, 'hosts');
    writeFileSync(path, OWN_LINE);
    const bug = new TypeError('a bug');
    const change = (): unknown =>
      updateHostsFile(diskHostsFiles, path, () => {
        throw bug;
      });
    expect(change).toThrow(bug);
    rmSync(dir, { recursive: true });
  });
});
