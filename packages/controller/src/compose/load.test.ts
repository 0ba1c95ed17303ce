import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderProblems } from '../output/problem-view.js';
import { loadProject, type LoadOptions } from './index.js';

describe('loadProject reads files', () => {
  let cwd = '';
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'compose-'));
    writeFileSync(join(cwd, 'good.yml'), 'services: {web: {image: i}}');
    mkdirSync(join(cwd, 'directory.yml'));
    writeFileSync(join(cwd, 'binary.yml'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]));
    writeFileSync(join(cwd, 'latin1.yml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
    writeFileSync(join(cwd, 'big.yml'), 'a: b\n'.repeat(2_100_000));
    writeFileSync(join(cwd, 'lines.yml'), 'a: b\n'.repeat(800_000));
    symlinkSync('loop.yml', join(cwd, 'loop.yml'));
  });
  afterAll(() => {
    rmSync(cwd, { recursive: true });
  });

  const load = async (file: string, options: Partial<LoadOptions> = {}): Promise<string> => {
    const result = await loadProject({ files: [file], cwd, env: {}, ...options });
    expect(result.project === undefined).toBe(result.problems.length > 0);
    return renderProblems(result.problems);
  };

  test.each([
    ['no.yml', 'there is no such file'],
    ['good.yml/x.yml', 'there is no such file'],
    ['directory.yml', 'it is a directory'],
    ['binary.yml', 'it is not a text file'],
    ['latin1.yml', 'it is not UTF-8 text'],
    ['loop.yml', 'too many symbolic links'],
    ['big.yml', 'it has 10500000 bytes, more than the'],
    ['lines.yml', 'the file is too long'],
    [`${'x'.repeat(300)}.yml`, 'the name is too long'],
    ['/dev/zero', 'more than the'],
  ])('%s: %s', async (file, why) => {
    const start = performance.now();
    expect(await load(file)).toContain(why);
    expect(performance.now() - start).toBeLessThan(4000);
  });

  test('a word that may be a service is told apart from a file that is missing', async () => {
    expect(await load('web')).toContain('this command takes Compose files; for one service');
    expect(await load('no.yml')).not.toContain('for one service');
  });

  test('standard input, in the current directory', async () => {
    expect(await load('good.yml')).toBe('');
    expect(await load('-')).toContain('cannot read standard input: nothing is connected to it');
    expect(
      await load('-', { stdin: () => Promise.resolve('services: {web: {imge: i}}') }),
    ).toContain('standard input:1:18  error  services.web.imge: unknown key');
    expect(await load('-', { stdin: () => Promise.resolve('a\0') })).toContain('not a text file');
    expect(await load('-', { stdin: () => Promise.resolve('a'.repeat(5_000_000)) })).toContain(
      'it has 5000000 bytes',
    );
  });

  test('a directory as env_file or .env is a problem too', async () => {
    const stdin = (): Promise<string> =>
      Promise.resolve('services: {web: {image: i, env_file: directory.yml}}');
    expect(await load('-', { stdin })).toContain('directory.yml: it is a directory');
  });
});
