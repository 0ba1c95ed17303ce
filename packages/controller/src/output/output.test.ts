import {
  besideOlder,
  hostCheckCodec,
  hostId,
  keys,
  NapError,
  PAUSED_BY_HAND,
  projectName,
  type Report,
} from '@nap/shared';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { errorText } from './error-view.js';
import { renderHosts } from './host-view.js';
import { ProgressLines } from './progress.js';
import { renderProjects } from './ls-view.js';
import { renderPs } from './ps-view.js';
import { ageText, bytesText } from './units.js';

const shop = projectName('shop');
const running: Report['status'] = { state: 'running', health: 'none', startedAtMs: 0 };

function cluster(): FakeCluster {
  const made = new FakeCluster('host-a', 'host-b');
  const wanted = project(service('web'), service('db'));
  made.commit(planProject(made.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  const [db, web] = made.view.placements;
  made.report(web!, running, { ip: '10.4.1.2' });
  made.report(
    db!,
    { state: 'failed', cause: 'image-not-found', attempts: 2 },
    { message: 'no image busybox' },
  );
  return made;
}

it('ps aligns what runs and what does not, and says why', () => {
  expect(renderPs(cluster().view, [shop], 'table', 90_000)).toBe(
    [
      'NAME         IMAGE     HOST     IP         STATE     AGE   RESTARTS   MESSAGE',
      'shop-db-1    busybox   host-b   -          failed    -     0          no image busybox',
      'shop-web-1   busybox   host-a   10.4.1.2   running   1m    0',
    ].join('\n'),
  );
});

it('ps shows the last of what a failed program wrote', () => {
  const made = cluster();
  const [db] = made.view.placements;
  const said = 'the program ended with exit code 3; its last lines:\nreading config\nno config';
  made.report(db!, { state: 'failed', cause: 'exited', attempts: 1 }, { message: said });
  const ps = renderPs(made.view, [shop], 'table', 90_000);
  expect(ps).toContain('the program ended with exit code 3; its last line: no config\n');
  expect(renderPs(made.view, [shop], 'json', 0)).toContain('reading config');
});

it('ps and ls tell of what somebody has paused on its host, and of nothing else that runs', () => {
  const made = cluster();
  const [db, web] = made.view.placements;
  made.report(web!, running, { message: PAUSED_BY_HAND });
  made.report(db!, running, { message: 'anything' });
  const ps = renderPs(made.view, [shop], 'table', 90_000);
  expect(ps).toMatch(/shop-web-1 .* running .* 0 +somebody has paused the container on its host$/m);
  expect(ps).not.toContain('anything');
  const ls = renderProjects(made.view, [shop], 'table', 90_001);
  expect(ls).toContain('2/2         converged, 1 paused   1m ago');
  expect(JSON.parse(renderProjects(made.view, [shop], 'json', 0)!)).toMatchObject([{ paused: 1 }]);
});

it('ps says of what is placed no more that it goes, and of what is away not how it was', () => {
  const made = cluster();
  const [db, web] = made.view.placements;
  const healthy = { ...running, health: 'healthy' } as const;
  for (const it of [db!, web!]) made.report(it, healthy, { ip: '10.4.1.2' });
  const rows = (): string => renderPs(made.view, [shop], 'table', 90_000)!;
  expect(rows()).toMatch(/shop-db-1 .* running \(healthy\) /);
  made.entries.delete(keys.placement(db!.host, db!.instance));
  expect(rows()).toMatch(/^shop\.db\.1 .* removing +1m/m);
  made.lose('host-a');
  expect(rows()).toMatch(/^shop-web-1 .* away +1m .* host-a is away$/m);
});

it('ps has titles also when there is nothing, and an empty list as JSON', () => {
  const { view } = new FakeCluster();
  expect(renderPs(view, [], 'table', 0)).toMatch(/^NAME\s+IMAGE/);
  expect(JSON.parse(renderPs(view, [], 'json', 0)!)).toEqual([]);
});

it('ps as JSON carries what the table leaves out', () => {
  const [db] = JSON.parse(renderPs(cluster().view, [shop], 'json', 0)!) as Record<
    string,
    unknown
  >[];
  expect(db).toMatchObject({
    project: 'shop',
    service: 'db',
    state: 'failed',
    message: 'no image busybox',
  });
  expect(db?.['reason']).toMatch(/^spread/);
});

it('host ls says which hosts are away', () => {
  const made = cluster();
  made.lose('host-b');
  expect(renderHosts(made.view, 'table')).toMatch(/host-a\s+active.*\nhost-b\s+away/);
});

it('host ls says what agents say is wrong on their hosts, while they live', () => {
  const made = new FakeCluster('host-a', 'host-b');
  const check = { projects: {}, problems: ['dockerd is silent', 'no flannel'], atMs: 1 };
  made.entries.set(keys.check(hostId('host-b')), hostCheckCodec.encode(check));
  const problems = (): unknown =>
    (JSON.parse(renderHosts(made.view, 'json')!) as { problems: unknown }[]).map(
      (it) => it.problems,
    );
  expect(problems()).toEqual([[], check.problems]);
  expect(renderHosts(made.view, 'table')).toMatch(/host-b .* dockerd is silent; no flannel$/m);
  made.lose('host-b');
  expect(problems()).toEqual([[], []]);
});

it('host ls says of a host that is away whether it went down on purpose', () => {
  const made = new FakeCluster();
  made.addHost('host-a', { goingDown: { kind: 'reboot', atMs: 1 } });
  made.addHost('host-b', { goingDown: { kind: 'off', atMs: 1 } });
  made.addHost('host-c');
  expect(renderHosts(made.view, 'table')).not.toMatch(/rebooting|off|away/);
  for (const host of ['host-a', 'host-b', 'host-c']) made.lose(host);
  expect(renderHosts(made.view, 'table')).toMatch(
    /host-a +rebooting[^]*host-b +off[^]*host-c +away/,
  );
});

it('host ls says what is reserved of what a host has', () => {
  const made = new FakeCluster('host-a', 'host-b');
  const reserves = { cpus: 0.5, memoryBytes: 512 * 1024 * 1024 };
  const wanted = project(service('web', { replicas: 3, scheduling: { reserves } }));
  made.commit(planProject(made.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  expect(renderHosts(made.view, 'table')).toMatch(/host-a .* 2 +1 of 2 +1\.0 GiB of 3\.7 GiB/);
  const hosts = JSON.parse(renderHosts(made.view, 'json')!) as { reserved: object }[];
  expect(hosts.map(({ reserved }) => reserved)).toEqual([
    { cpus: 1, memoryBytes: 1024 ** 3, resources: {} },
    { cpus: 0.5, memoryBytes: 512 * 1024 ** 2, resources: {} },
  ]);
});

it('ls says how each project is, also one with instances on hosts that are away', () => {
  const made = cluster();
  const ls = (): string | undefined => renderProjects(made.view, [shop], 'table', 90_001);
  expect(ls()).toBe(
    [
      'NAME   REVISION   SERVICES   INSTANCES   STATE   APPLIED   BY   FILES',
      'shop   1          2          1/2         stuck   1m ago    a    -',
    ].join('\n'),
  );
  made.lose('host-b');
  expect(ls()).toContain('1/2         converged, 1 away');
  const { view } = made;
  const leaving = { ...view, projects: new Map() };
  expect(JSON.parse(renderProjects(leaving, [shop], 'json', 0)!)).toMatchObject([
    { name: 'shop', state: 'leaving', services: 0, instances: 2 },
  ]);
});

it('progress says each thing once', () => {
  const lines = new ProgressLines();
  const at = (state: string) =>
    [{ instance: 'shop.web.1', host: 'host-a', phase: 'working', state, message: '' }] as never;
  expect(lines.next(at('pulling'))).toEqual(['· web-1 on host-a pulling']);
  expect(lines.next(at('pulling'))).toEqual([]);
  expect(lines.next(at('starting'))).toEqual(['· web-1 on host-a starting']);
});

it('lines of progress say once what is wrong, however often it is tried', () => {
  const lines = new ProgressLines();
  const said = (phase: string, state: string, message = '') => {
    const progress = { instance: 'shop.web.1', host: 'host-a', phase, state, message };
    return lines.next([progress] as never);
  };
  expect(said('stuck', 'failed', 'no image box')).toEqual([
    '✘ web-1 on host-a failed: no image box',
  ]);
  expect(said('working', 'pulling', 'once more; last time: no image box')).toEqual([]);
  expect(said('stuck', 'failed', 'no image box')).toEqual([]);
  expect(said('stuck', 'failed', 'denied')).toEqual(['✘ web-1 on host-a failed: denied']);
  expect(said('working', 'starting')).toEqual(['· web-1 on host-a starting']);
  expect(said('done', 'running')).toEqual(['✔ web-1 on host-a running']);
  expect(said('stuck', 'failed', 'denied')).toEqual(['✘ web-1 on host-a failed: denied']);
  expect(said('stuck', 'failed', besideOlder('it ended'))).toEqual([
    '✘ web-1 on host-a failed: an older container still runs; its replacement: it ended',
  ]);
  expect(said('working', 'starting', 'once more; last time: it ended')).toEqual([]);
});

it('an error says what, to what, and what next; a bug shows its stack', () => {
  const err = new NapError('UNPLACEABLE', 'nothing fits', {
    hint: 'add a host',
    details: { unplaced: [{ instance: 'shop.web.1', reason: 'host-a is away' }] },
  });
  expect(errorText(err)).toBe('error: nothing fits\n  shop.web.1: host-a is away\n  add a host');
  expect(errorText(new Error('oops'))).toMatch(/oops[^]*at [^]*bug in nap/);
});

it.each([
  [999, '0s'],
  [61_000, '1m'],
  [7_200_000, '2h'],
  [200_000_000, '2d'],
  [364 * 86_400_000, '364d'],
  [800 * 86_400_000, '2y'],
])('%d ms is %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

it.each([
  [512, '512 B'],
  [4_080_218_931, '3.8 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
