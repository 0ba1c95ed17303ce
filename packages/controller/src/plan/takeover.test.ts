import { hostId, keys, nameRecordCodec, parseInstanceId, type Placement } from '@nap/shared';
import { FakeCluster, project, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import { planDown } from './plan-down.js';
import { onlyRollout } from './plan-paced.js';
import { planProject } from './plan-project.js';
import { changeText } from './plan-text.js';
import type { NameRecord, ServiceSpec } from '@nap/shared';

const CONTEXT = { appliedBy: 'alice', files: [], nowMs: 1 };
const web = (more: Partial<ServiceSpec> = {}): ServiceSpec => service('web', more);

let cluster: FakeCluster;
let wanted = project(web());

/** Plans and carries out; what the plan says. */
function turn(): readonly string[] {
  return reasons().map((text) => text.replace(/:.*/, ''));
}

/** The same, with the reasons. */
function reasons(): readonly string[] {
  const plan: Plan = planProject(cluster.view, wanted, CONTEXT);
  cluster.commit(plan);
  return plan.changes.map(changeText);
}

/** Its agent tells of it. */
function name(
  { instance, specHash, spec }: Placement,
  host: string,
  condition: NameRecord['condition'] = 'ready',
): void {
  cluster.entries.set(
    keys.name(instance),
    nameRecordCodec.encode({
      ...{ instance, specHash, host: hostId(host), ip: '10.0.0.9' },
      ...{ containerName: spec.containerName, aliases: [], condition },
      ...parseInstanceId(instance)!,
    }),
  );
}

const places = (): readonly string[] =>
  cluster.view.placements.map(({ host, yieldsTo, takesOverFrom }) => {
    if (yieldsTo !== undefined) return `${host} until ${yieldsTo} has it`;
    return takesOverFrom === undefined ? host : `${host} instead of ${takesOverFrom}`;
  });

/** One instance of web on host a, which is drained. */
function draining(service: ServiceSpec = web(), isNamed = true): void {
  cluster = new FakeCluster('a');
  wanted = project(service);
  turn();
  cluster.addHost('b');
  cluster.addHost('c');
  const [placement] = cluster.view.placements;
  if (isNamed) name(placement!, 'a');
  cluster.setAvailability('a', 'draining');
}

it('what moves off a living host answers there until it is well elsewhere', () => {
  draining();
  expect(turn()).toEqual(['move shop.web.1 from a to b']);
  expect(places()).toEqual(['a until b has it', 'b instead of a']);
  expect(turn()).toEqual([]);
  name(cluster.view.placements[1]!, 'b');
  expect(turn()).toEqual(['update shop.web.1 on b', 'remove shop.web.1 from a']);
  expect(places()).toEqual(['b']);
  expect(turn()).toEqual([]);
});

it('the end of a move is said in words', () => {
  draining();
  turn();
  name(cluster.view.placements[1]!, 'b');
  expect(reasons()[0]).toBe('update shop.web.1 on b: the container stays; its move from a is over');
});

it('that it does not move after all is said in words', () => {
  draining(web({ scheduling: { onPartition: { stopAfterMs: 5_000 } } }));
  turn();
  cluster.setAvailability('a', 'active');
  expect(reasons()).toEqual([
    'update shop.web.1 on a: the container stays; it does not yield to b any more',
  ]);
});

it('it answers on when the host that was to take over is lost', () => {
  draining();
  turn();
  cluster.lose('b');
  turn();
  expect(places()).toEqual(['a until c has it', 'c instead of a']);
  expect(turn()).toEqual([]);
});

it('it stays where it is when its host is no longer drained and the other one is lost', () => {
  draining();
  turn();
  cluster.lose('b');
  cluster.lose('c');
  cluster.setAvailability('a', 'active');
  turn();
  expect(places()).toEqual(['a']);
});

it('what is done need not be told of by anybody', () => {
  draining();
  const [placement] = cluster.view.placements;
  name(placement!, 'a', 'completed');
  turn();
  expect(places()).toEqual(['b']);
});

it('its project can be taken down with its volumes meanwhile', () => {
  draining();
  turn();
  const plan = planDown(cluster.view, wanted.name, { removeVolumes: true, nowMs: 1 });
  expect(plan.changes.map(({ kind }) => kind)).toEqual([
    ...['forget-project', 'remove', 'remove-with-volumes'],
  ]);
});

it('nobody waits for a host that is lost', () => {
  draining();
  turn();
  cluster.lose('a');
  turn();
  expect(places()).toEqual(['b']);
});

it.each<[string, ServiceSpec, boolean]>([
  ['whose file says stop-first', web({ update: { order: 'stop-first' } }), true],
  ['that does not run', web(), false],
])('what moves goes first %s', (_what, service, isNamed) => {
  draining(service, isNamed);
  turn();
  expect(places()).toEqual(['b']);
});

it('what must not run twice is placed elsewhere when it is gone', () => {
  draining(web({ scheduling: { onPartition: { stopAfterMs: 5_000 } } }));
  expect(turn()).toEqual(['update shop.web.1 on a']);
  expect(cluster.view.placements).toMatchObject([{ host: 'a', wanted: 'removed', yieldsTo: 'b' }]);
  expect(turn()).toEqual([]);
  cluster.report(cluster.view.placements[0]!, { state: 'running', health: 'none', startedAtMs: 1 });
  expect(turn()).toEqual([]);
  cluster.report(cluster.view.placements[0]!, { state: 'removed' });
  expect(turn()).toEqual(['move shop.web.1 from a to b']);
  expect(places()).toEqual(['b']);
  expect(cluster.view.placements[0]).toMatchObject({ wanted: 'running' });
});

it('it runs on where it was when its host is no longer drained', () => {
  draining(web({ scheduling: { onPartition: { stopAfterMs: 5_000 } } }));
  turn();
  cluster.setAvailability('a', 'active');
  turn();
  expect(cluster.view.placements).toMatchObject([{ host: 'a', wanted: 'running' }]);
  expect(places()).toEqual(['a']);
});

it('whoever waits for a move goes on with it, and with nothing else', () => {
  draining(web({ scheduling: { onPartition: { stopAfterMs: 5_000 } } }));
  turn();
  cluster.report(cluster.view.placements[0]!, { state: 'removed' });
  wanted = project(...wanted.services, service('db'));
  const plan = planProject(cluster.view, wanted, CONTEXT);
  expect(onlyRollout(cluster.view, plan).changes.map(({ kind }) => kind)).toEqual(['move']);
});
