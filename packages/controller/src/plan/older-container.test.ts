import { keys, nameRecordCodec, parseInstanceId, serviceName, type Project } from '@nap/shared';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import type { Plan } from './change.js';
import { planProject } from './plan-project.js';
import { withStopped } from './stopped.js';

const cluster = new FakeCluster('host-a');
const web = (version: string): Project =>
  project(
    service('web', {
      container: containerOf({ environment: { V: version } }),
      update: { order: 'start-first' },
    }),
  );

function apply(wanted: Project): Plan {
  const plan = planProject(cluster.view, wanted, { appliedBy: 'alice', files: [], nowMs: 1 });
  cluster.commit(plan);
  return plan;
}

/** The container of what is placed now is well. */
function answer(): void {
  const { instance, host, specHash, spec } = cluster.view.placements[0]!;
  const record = nameRecordCodec.encode({
    ...{ instance, host, specHash, ip: '10.0.0.9', containerName: spec.containerName },
    ...{ aliases: [], condition: 'ready', ...parseInstanceId(instance)! },
  });
  cluster.entries.set(keys.name(instance), record);
}

it('a stop says that it ends what answers, and that a start does not bring it back', () => {
  const stopped = (version: string): Project =>
    withStopped(web(version), new Map([[serviceName('web'), 'all']]), undefined);
  apply(web('good'));
  answer();
  expect(apply(stopped('good')).notes).toEqual([]);
  apply(web('good'));
  expect(apply(web('bad')).notes).toEqual([]);
  expect(apply(stopped('bad')).notes).toEqual([
    expect.stringMatching(/^what answers for shop\.web\.1 is an older container, .*rollback/),
  ]);
});
