import { jest } from '@jest/globals';
import { hashSpec, hostId, instanceId, keys, reportCodec } from '@nap/shared';
import { parse } from 'yaml';
import { CliBed } from '../testing/cli-bed.js';

/** What only shows what it would do, against a real etcd: the same for people and for scripts, and nothing is written. */

jest.setTimeout(60_000);

interface Shown {
  readonly project: string;
  readonly etcdRevision: string;
  readonly summary: Readonly<Record<string, number>>;
  readonly changes: readonly { readonly kind: string; readonly reason: string }[];
}

let bed: CliBed;
beforeAll(async () => {
  bed = await CliBed.open('host-a');
  await bed.run('apply', '-f', '-', '-p', 'shop', '-d');
  await bed.run('scale', 'web=3', '-d');
  await bed.run('stop', 'web/3', '-d');
  await bed.addHosts('host-b');
});
afterAll(() => bed.close());

const asJson = async (...argv: readonly string[]): Promise<unknown> => {
  const { exit, out, err } = await bed.run(...argv, '--format', 'json');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out) as unknown;
};
const store = async (): Promise<string> => bed.cluster.ctl(['get', '--prefix', '/nap/v1/']);

describe.each([
  { argv: ['stop', 'web'], kinds: ['store-project', 'update', 'update'], line: 'stop shop.web.1' },
  { argv: ['start'], kinds: ['store-project', 'update'], line: 'start shop.web.3' },
  { argv: ['restart', 'web/1'], kinds: ['store-project', 'update'], line: 'restart shop.web.1' },
  { argv: ['scale', 'web=4'], kinds: ['store-project', 'place'], line: 'place shop.web.4' },
  { argv: ['rollback', '1'], kinds: ['store-project', 'remove', 'remove'], line: 'remove' },
  {
    argv: ['down', '-p', 'shop'],
    kinds: ['forget-project', 'remove', 'remove', 'remove'],
    line: 'remove shop.web.1',
  },
])('$argv --plan', ({ argv, kinds, line }) => {
  it('is a plan like that of `plan`, for people, as JSON and as YAML', async () => {
    const before = await store();
    const shown = (await asJson(...argv, '--plan')) as Shown;
    expect(shown.project).toBe('shop');
    expect(Number(shown.etcdRevision)).toBeGreaterThan(0);
    expect(shown.changes.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
    expect((await bed.run(...argv, '--dry-run')).out).toContain(line);
    const yaml = await bed.run(...argv, '--plan', '--format', 'yaml');
    expect((parse(yaml.out) as Shown).summary).toEqual(shown.summary);
    expect(await store()).toBe(before);
  });
});

it.each([
  ['rebalance', '--plan'],
  ['host', 'drain', 'host-a', '--dry-run'],
  ['node', 'update', 'host-a', '--availability', 'drain', '--plan'],
])('%s %s: a list of plans, one a project', async (...argv) => {
  const before = await store();
  const plans = (await asJson(...argv)) as readonly Shown[];
  expect(plans.map(({ project }) => project)).toEqual(['shop']);
  expect(plans[0]?.changes.map(({ kind }) => kind)).toContain('move');
  expect((await bed.run(...argv)).out).toMatch(/^move shop\.web\.\d from host-a to host-b: /m);
  expect(await store()).toBe(before);
});

it('says that nothing would be done, as an empty list for scripts', async () => {
  expect(await asJson('host', 'drain', 'host-b', '--plan')).toEqual([]);
  expect((await bed.run('host', 'drain', 'host-b', '--plan')).out).toBe(
    'nothing has to leave host-b',
  );
});

it('ends as a plan does where no other host would take what runs there', async () => {
  await bed.run('host', 'pause', 'host-b');
  const { exit, out } = await bed.run('host', 'drain', 'host-a', '--dry-run');
  expect({ exit, out }).toEqual({
    exit: 4,
    out: expect.stringMatching(/shop\.web\.1\b.*host-b is paused/) as string,
  });
  await bed.run('host', 'activate', 'host-b');
});

it('does not pause a host that it was only to look at', async () => {
  const args = ['node', 'update', 'host-a', '--availability', 'pause', '--plan'];
  expect(await bed.run(...args)).toMatchObject({ exit: 2 });
  expect((await bed.run('host', 'ls')).out).toMatch(/^host-a +active/m);
});

it('shows what would be placed elsewhere once a host that is away is forgotten', async () => {
  await bed.cluster.ctl(['del', '/nap/v1/hosts/host-a/session']);
  const plans = (await asJson('host', 'rm', 'host-a', '--plan')) as readonly Shown[];
  expect(plans[0]?.changes.length).toBeGreaterThan(0);
  expect((await bed.run('host', 'ls')).out).toContain('host-a');
});

it('leaves the header of a host that is forgotten, and no report of what is placed nowhere: when it comes back it sees that nothing is placed there', async () => {
  const header = ['get', '/nap/v1/placements/host-a/header'];
  const told = ['get', '--prefix', '/nap/v1/reports/'];
  const instance = instanceId('former.web.1');
  const report = reportCodec.encode({
    ...{ instance, host: hostId('host-a'), specHash: hashSpec({}) },
    ...{ status: { state: 'completed', finishedAtMs: 1 }, restarts: 0, message: '', atMs: 1 },
  });
  await bed.cluster.ctl(['put', `/nap/v1/${keys.report(instance)}`, report]);
  expect(await bed.cluster.ctl(told)).toContain(instance);
  expect(await bed.cluster.ctl(header)).toContain('cluster');
  expect(await bed.run('host', 'rm', 'host-a')).toMatchObject({ exit: 0 });
  expect(await bed.cluster.ctl(told)).not.toContain(instance);
  expect((await bed.run('host', 'ls')).out).not.toContain('host-a');
  expect(await bed.cluster.ctl(header)).toContain('cluster');
});
