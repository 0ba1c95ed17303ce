import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { digestOf } from '@nap/shared';
import { unwatchedText } from '../output/held-view.js';
import { CliBed } from '../testing/cli-bed.js';
import type { Outcome } from '../testing/command-context.js';

/** Plans that are written down, against a real etcd. */

jest.setTimeout(60_000);

let bed: CliBed;
afterEach(() => bed.close());

describe('a plan file', () => {
  const compose = (image: string): string =>
    [
      '{name: shop, services: {web: {image: IMAGE, environment: {TOKEN: sesame}, secrets: [key]}},',
      'secrets: {key: {file: ./key.txt}}}',
    ]
      .join(' ')
      .replace('IMAGE', image);
  const path = (name: string): string => join(bed.directory, name);
  const apply = (...more: string[]): Promise<Outcome> =>
    bed.run('apply', '--plan-file', path('shop.plan'), '-d', ...more);

  beforeEach(async () => {
    bed = await CliBed.open('host-a', 'host-b');
    await bed.file('key.txt', 'open');
    await bed.run('apply', await bed.file('shop.yml', compose('web:1')), '-d');
    await bed.file('shop.yml', compose('web:2'));
    const made = await bed.run('plan', path('shop.yml'), '-o', path('shop.plan'));
    expect(made).toMatchObject({
      exit: 0,
      out: expect.stringContaining('image: web:1 → web:2') as string,
      err: `to do exactly this: nap-controller apply --plan-file ${path('shop.plan')}`,
    });
  });

  it('is carried out as it was shown, and again is done already', async () => {
    const done = await apply('-m', 'as agreed');
    expect(done.err).toContain('recreate shop.web.1 on host-a: changed: image\n');
    expect(await apply()).toMatchObject({
      exit: 0,
      err: `shop: nothing to change\nnote: ${unwatchedText('shop')}`,
    });
    expect((await bed.run('history')).out).toContain('as agreed');
  });

  it('is for its owner, and has nothing secret in it', async () => {
    expect((await stat(path('shop.plan'))).mode & 0o777).toBe(0o600);
    const text = await readFile(path('shop.plan'), 'utf8');
    expect(text).toContain('web:2');
    const open = Buffer.from('open');
    expect(text).not.toMatch(new RegExp(`sesame|${open.toString('base64')}|${digestOf(open)}`));
    expect(await readdir(bed.directory)).toEqual(['key.txt', 'shop.plan', 'shop.yml']);
  });

  it('is refused when the cluster, the files or a secret have changed, and nothing is written', async () => {
    const revision = async (): Promise<string> =>
      (
        JSON.parse(await bed.cluster.ctl(['get', 'x', '-w', 'json'])) as {
          header: { revision: string };
        }
      ).header.revision;
    await bed.file('key.txt', 'shut');
    const before = await revision();
    const secret = await apply();
    expect(secret).toMatchObject({ exit: 6 });
    expect(secret.err).toMatch(/is out of date; nothing was changed\n.*secrets.*: web\n/);
    await bed.file('key.txt', 'open');
    await bed.file('shop.yml', compose('web:3'));
    expect((await apply()).err).toContain('say something else now of: web');
    await bed.file('shop.yml', compose('web:2'));
    await bed.cluster.ctl([
      'put',
      '/nap/v1/hosts/host-a/policy',
      '{"v":1,"availability":"draining","labels":{}}',
    ]);
    expect((await apply()).err).toMatch(
      /would be "move shop.web.1 from host-a to host-b[^]*host-a was active, and is draining[^]*plan -o FILE/,
    );
    await bed.cluster.ctl(['del', '/nap/v1/hosts/host-a/policy']);
    expect(Number(await revision())).toBe(Number(before) + 2);
    await bed.run('scale', 'web=2', '-d');
    expect((await apply()).err).toContain('shop is at revision 2 now, by alice@ops1; it was at 1');
  });

  it('takes the same files from another place, and nothing else that would make it another plan', async () => {
    await bed.run('plan', path('shop.yml'), '-o', path('shop.plan'), '--recreate', 'web');
    await mkdir(path('elsewhere'));
    for (const name of ['shop.yml', 'key.txt']) await rename(path(name), path(`elsewhere/${name}`));
    expect(await apply()).toMatchObject({ exit: 3 });
    expect(await apply('--scale', 'web=3')).toMatchObject({ exit: 2 });
    const done = await apply(path('elsewhere/shop.yml'));
    expect(done.err).toContain(
      'recreate shop.web.1 on host-a: changed: image; recreated on request',
    );
  });

  it('is not written of a plan that fits nowhere, and an older one is said to be another', async () => {
    const before = await readFile(path('shop.plan'), 'utf8');
    await bed.file(
      'shop.yml',
      compose('web:2').replace(
        '{web: {',
        '{web: {cpus: 0, deploy: {placement: {constraints: [node.hostname==nope]}}, ',
      ),
    );
    const again = await bed.run('plan', path('shop.yml'), '-o', path('shop.plan'));
    expect(again.exit).toBe(4);
    expect(again.err).toMatch(
      /shop.plan is not written[^]*is of an earlier plan, and is left as it is/,
    );
    expect(await readFile(path('shop.plan'), 'utf8')).toBe(before);
    const first = await bed.run('plan', path('shop.yml'), '-o', path('other.plan'));
    expect(first.err).toMatch(/other.plan is not written[^]*make room for them/);
    expect(await readdir(bed.directory)).not.toContain('other.plan');
  });

  it('is refused when it is none', async () => {
    for (const [text, why] of [
      ['services: {}', 'it is not JSON'],
      ['{"kind":"nap-plan","v":2}', 'of version 2, this nap reads 1'],
      ['{"kind":"nap-plan","v":1}', 'is no plan of nap'],
      ['null', 'is no plan of nap'],
    ] as const) {
      await bed.file('shop.plan', text);
      expect(await apply()).toMatchObject({ exit: 3, err: expect.stringContaining(why) as string });
    }
    await rm(path('shop.plan'));
    expect((await apply()).err).toMatch(/^error: cannot read .*ENOENT/);
    const nowhere = await bed.run('plan', path('shop.yml'), '-o', path('no/shop.plan'));
    expect(nowhere).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/cannot write [^]*name a file in a directory/) as string,
    });
  });
});
