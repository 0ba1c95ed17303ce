import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFiles } from './json-file.js';

describe('small documents on a real disk', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nap-files-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('are not there at first, nor is their directory', async () => {
    expect(await diskFiles.read(join(dir, 'state', 'x.json'))).toBeUndefined();
  });

  it('are read as they were written, the last one before all', async () => {
    const path = join(dir, 'deep', 'state', 'x.json');
    await diskFiles.write(path, 'a longer first text');
    await diskFiles.write(path, 'second: ü');
    expect(await diskFiles.read(path)).toBe('second: ü');
    expect(await readdir(join(dir, 'deep', 'state'))).toEqual(['x.json']);
  });

  it('are for root only: placements hold secrets', async () => {
    const path = join(dir, 'state', 'x.json');
    await diskFiles.write(path, 'secret');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'state'))).mode & 0o777).toBe(0o700);
  });

  it('replace what a write that was cut short has left', async () => {
    const path = join(dir, 'x.json');
    await writeFile(`${path}.new`, 'a long text that was never finis');
    await diskFiles.write(path, 'whole');
    expect(await diskFiles.read(path)).toBe('whole');
    expect(await readdir(dir)).toEqual(['x.json']);
  });

  it('say which path they cannot be read from or written to', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    const path = join(file, 'x.json');
    for (const tried of [diskFiles.read(path), diskFiles.write(path, '')]) {
      await expect(tried).rejects.toMatchObject({
        code: 'BAD_CONFIG',
        message: expect.stringContaining(path) as string,
        hint: expect.stringContaining('--state-dir') as string,
      });
    }
  });
});
