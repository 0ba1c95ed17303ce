import { jest } from '@jest/globals';
import { keys, placementCodec, reportCodec } from '@nap/shared';
import { CliBed } from '../testing/cli-bed.js';

/** Services and instances are named alike to every command, against a real etcd: docs/names-of-instances.md. */

jest.setTimeout(60_000);

const ROOT = '/nap/v1/';
let bed: CliBed;

beforeAll(async () => {
  bed = await CliBed.open('host-a', 'host-b');
  const web = 'web: {image: busybox, scale: 2, deploy: {placement: {max_replicas_per_node: 1}}}';
  for (const [name, services] of [
    ['shop', `${web}, db: {image: busybox}`],
    ['blog', 'web: {image: busybox}'],
  ] as const) {
    const file = await bed.file(`${name}.yml`, `{name: ${name}, services: {${services}}}`);
    await bed.run('apply', file, '-d');
  }
  const placed = await bed.cluster.ctl(['get', '--prefix', `${ROOT}placements/`, '-w', 'json']);
  for (const { key, value } of (JSON.parse(placed) as Range).kvs) {
    const path = text(key).slice(ROOT.length);
    if (path.endsWith('/header')) continue;
    const { instance, host, specHash } = placementCodec.decode(text(value), path);
    const status = { state: 'running', health: 'none', startedAtMs: 0 } as const;
    const report = { instance, host, specHash, status, restarts: 0, message: '', atMs: 0 };
    await bed.cluster.ctl(['put', ROOT + keys.report(instance), reportCodec.encode(report)]);
  }
});
afterAll(() => bed.close());

interface Range {
  readonly kvs: readonly { readonly key: string; readonly value: string }[];
}
const text = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

const SERVICE = ['web', 'shop/web', 'shop.web', 'shop_web'];
const INSTANCE = ['web/2', 'web.2', 'web-2', 'shop/web/2', 'shop.web.2', 'shop.web/2'];
const CONTAINER = ['shop-web-2', 'shop_web_2'];

/** No agent answers here: who is asked for is who was meant. */
const asks = 'its agent answers no operators';

it.each([
  ['stop --plan NAME', /stop shop\.web\.1[^]*stop shop\.web\.2/, /stop shop\.web\.2/],
  ['restart --plan NAME', /restart shop\.web\.1[^]*restart shop\.web\.2/, /restart shop\.web\.2/],
  ['start --plan NAME', /^web: nothing is stopped/, /^web\/2: nothing is stopped/],
  ['inspect NAME', /^shop\.web\n/, /^shop\.web\.2\n/],
  ['ps NAME', /^shop-web-1 [^]*^shop-web-2 /m, /^shop-web-2 /m],
  ['service ps NAME', /^shop-web-1 [^]*^shop-web-2 /m, /^shop-web-2 /m],
  ['logs NAME', asks, asks],
  ['top NAME', asks, asks],
  ['stats --no-stream NAME', asks, asks],
  ['kill NAME', asks, asks],
  ['port NAME', asks, asks],
  ['cp NAME:/etc/hosts hosts', asks, asks],
  ['wait --for running NAME', /^$/, /^$/],
  ['scale --plan NAME=3', /place shop\.web\.3/, /it is one instance of web[^]*scale web=3/],
])('%s', async (line, ofService, ofInstance) => {
  const said = async (name: string): Promise<string> => {
    const { out, err } = await bed.run(...line.replace('NAME', name).split(' '), '-p', 'shop');
    return out === '' ? err : `${out}\n${err}`;
  };
  for (const name of SERVICE) expect([name, await said(name)]).toEqual([name, like(ofService)]);
  for (const name of [...INSTANCE, ...CONTAINER]) {
    expect([name, await said(name)]).toEqual([name, like(ofInstance)]);
    expect(await said(name)).not.toMatch(/shop[.-]web[.-]1/);
  }
});

it.each(['exec NAME true', 'run NAME true'])('%s', async (line) => {
  for (const name of [...SERVICE.slice(1), ...INSTANCE.slice(3), ...CONTAINER]) {
    const { err } = await bed.run(...line.replace('NAME', name).split(' '));
    const isRefused = line.startsWith('run') && !SERVICE.includes(name);
    expect([name, err]).toEqual([name, like(isRefused ? 'it is one instance of web' : asks)]);
  }
});

const like = (part: string | RegExp): string => expect.stringMatching(part) as string;

it('what several projects have is refused, and what none has: with the way on', async () => {
  for (const line of [
    'stop web',
    'logs web',
    'ps web',
    'run web true',
    'scale web=2',
    'port web',
  ]) {
    const { exit, err } = await bed.run(...line.split(' '));
    expect([line, exit, err]).toEqual([line, 2, like(/web is in several projects: blog, shop/)]);
  }
  for (const line of [
    'stop wbe',
    'logs wbe',
    'inspect wbe',
    'run wbe true',
    'scale wbe=2',
    'port wbe',
  ]) {
    const { exit, err } = await bed.run(...line.split(' '));
    expect([line, exit, err]).toEqual([line, 8, like(/did you mean "web"/)]);
  }
  const nothing = await bed.run('ps', 'shpo');
  expect(nothing).toMatchObject({ exit: 8, err: like('no project shpo') });
  const listed = await bed.run('ps', '-p', 'blog', 'web', 'shop/web/2', '--format', '{{.Name}}');
  expect(listed.out).toBe('blog-web-1\nshop-web-2');
});

it('wait says of what is as wanted that it is, also with no time at all; of services alone it says how', async () => {
  for (const goal of ['converged', 'running', 'healthy']) {
    expect([goal, (await bed.run('wait', 'shop', '--for', goal, '--timeout', '0')).exit]).toEqual([
      goal,
      0,
    ]);
  }
  expect(await bed.run('wait', 'shop', '--for', 'exited', '--timeout', '0')).toMatchObject({
    exit: 7,
  });
  const part = await bed.run('wait', '-p', 'shop', 'web');
  expect(part).toMatchObject({
    exit: 2,
    err: like('wait web: --for converged is about all of shop'),
  });
  expect(part.err).toContain('--for healthy, running or exited for web alone');
});
