import { hostId, isNapError, NapError, projectName, type Project } from '@nap/shared';
import {
  containerOf,
  FakeCluster,
  mounting,
  project,
  published,
  service,
} from '../testing/builders.js';
import { planOneOff, type OneOffPlan, type OneOffWish } from './plan-one-off.js';
import { planProject } from './plan-project.js';

const WISH: OneOffWish = {
  ...{ project: projectName('shop'), service: 'web', id: '0123456789ab' },
  ...{ host: undefined, name: undefined, hasServicePorts: false, needsDependencies: true },
  change: (spec) => spec,
};

function applied(cluster: FakeCluster, wanted: Project): FakeCluster {
  cluster.commit(planProject(cluster.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  return cluster;
}

const plan = (cluster: FakeCluster, over: Partial<OneOffWish> = {}): OneOffPlan =>
  planOneOff(cluster.view, { ...WISH, ...over });

function refusal(cluster: FakeCluster, over: Partial<OneOffWish> = {}): NapError {
  try {
    plan(cluster, over);
  } catch (err) {
    if (isNapError(err)) return err;
    throw err;
  }
  throw new Error('it was planned');
}

it('is a container of the service, without its ports, its host name and its number', () => {
  const cluster = applied(new FakeCluster('a'), project(service('web', published(80))));
  const { instance, spec, host } = plan(cluster);
  expect(instance).toBe('shop.web-run-0123456789ab.1');
  expect(host).toBe('a');
  expect(spec.containerName).toBe('shop-web-run-0123456789ab');
  expect(spec.ports).toEqual([]);
  expect(spec.hostname).toBeUndefined();
  expect(plan(cluster, { name: 'once' }).spec.containerName).toBe('once');
});

it('with the ports of the service it fits only where they are free', () => {
  const cluster = applied(new FakeCluster('a'), project(service('web', published(80))));
  const err = refusal(cluster, { hasServicePorts: true });
  expect(err.code).toBe('UNPLACEABLE');
  expect(err.message).toContain('has port 80/tcp taken by');
});

it('goes where its volumes are, and says why it cannot be elsewhere', () => {
  const cluster = applied(new FakeCluster('a', 'b'), project(service('web', mounting('data'))));
  const [placement] = cluster.view.placements;
  expect(plan(cluster).host).toBe(placement?.host);
  const other = hostId(placement?.host === 'a' ? 'b' : 'a');
  const { code, message } = refusal(cluster, { host: other });
  expect(code).toBe('UNPLACEABLE');
  expect(message).toContain('holds volume data');
});

it('runs on the host that is asked for, or not at all', () => {
  const cluster = applied(new FakeCluster('a', 'b'), project(service('web')));
  expect(plan(cluster, { host: hostId('b') }).host).toBe('b');
  cluster.setAvailability('b', 'paused');
  expect(refusal(cluster, { host: hostId('b') }).message).toContain('is paused');
  expect(plan(cluster).host).toBe('a');
});

it('says of a host that is asked for and away just that, and nothing of other hosts', () => {
  const cluster = applied(new FakeCluster('a', 'b'), project(service('web')));
  cluster.lose('b');
  expect(refusal(cluster, { host: hostId('b') }).message).toBe(
    'a one-off of shop/web cannot run on b: b is away (its agent holds no lease)',
  );
});

it('says of a host that is asked for why it does not do, and nothing of other hosts', () => {
  const cluster = new FakeCluster('a', 'b', 'c');
  cluster.setAvailability('a', 'active', { disk: 'ssd' });
  const constraint = { key: 'node.labels.disk', operator: '==', value: 'ssd' } as const;
  const picky = service('web', {
    scheduling: { constraints: [constraint] },
    ...published(80),
  });
  applied(cluster, project(picky));
  expect(plan(cluster, { host: hostId('a') }).host).toBe('a');
  expect(refusal(cluster, { host: hostId('b') }).message).toBe(
    'a one-off of shop/web cannot run on b: b lacks label disk=ssd',
  );
  expect(refusal(cluster, { host: hostId('a'), hasServicePorts: true }).message).toBe(
    'a one-off of shop/web cannot run on a: a has port 80/tcp taken by shop-web-1',
  );
});

it('says of a host that is asked for how much is needed', () => {
  const reserving = service('web', {
    scheduling: { reserves: { memoryBytes: 3 * 1024 ** 3 } },
    container: containerOf(),
  });
  const cluster = applied(new FakeCluster('a'), project(reserving));
  cluster.addHost('b');
  expect(refusal(cluster, { host: hostId('a') }).message).toMatch(
    /cannot run on a: needs 3\S* \S+ of memory: a has [^;]* of memory free$/,
  );
});

it('counts what instances have reserved, and is no instance: none is moved for it', () => {
  const reserving = service('web', {
    scheduling: { reserves: { memoryBytes: 3e9 } },
    container: containerOf(),
  });
  const cluster = applied(new FakeCluster('a', 'b'), project(reserving));
  const [placement] = cluster.view.placements;
  expect(plan(cluster).host).not.toBe(placement?.host);
  cluster.lose(placement?.host === 'a' ? 'b' : 'a');
  expect(refusal(cluster).code).toBe('UNPLACEABLE');
});

it('says what to do about what was not applied, or is not there yet', () => {
  const cluster = new FakeCluster('a');
  expect(refusal(cluster)).toMatchObject({ code: 'NOT_FOUND' });
  const depending = service('web', {
    dependencies: [{ service: service('db').name, condition: 'started', required: true }],
  });
  applied(cluster, project(depending, service('db')));
  const err = refusal(cluster);
  expect(err.code).toBe('NOT_CONVERGED');
  expect(err.message).toContain('shop/db, which web depends on, is not started');
  expect(err.hint).toContain('--no-deps');
  expect(plan(cluster, { needsDependencies: false }).host).toBe('a');
  expect(refusal(cluster, { service: 'wbe' }).hint).toContain('there are: web, db');
});
