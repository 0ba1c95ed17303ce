import {
  hostCheckCodec,
  hostId,
  hostsFileProblem,
  keys,
  nameTable,
  projectName,
  tableDigest,
} from '@nap/shared';
import { renderNamesCheck } from '../output/names-view.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { checkNames, projectRecords } from './names-check.js';
import { planProject } from './plan-project.js';

const shop = projectName('shop');

/** Of a host whose agent has verified the map of etcd, or the map of this digest, and has these problems. */
function checked(problems: readonly string[], other?: string) {
  const cluster = new FakeCluster('host-a');
  const context = { appliedBy: 'alice', files: [], nowMs: 1 };
  cluster.commit(planProject(cluster.view, project(service('web')), context));
  const digest = other ?? tableDigest(nameTable(shop, projectRecords(cluster.view, shop)));
  const check = {
    ...{ atMs: 1_000, problems: [...problems] },
    projects: { [shop]: { digest, revision: '1', containers: 1 } },
  };
  cluster.entries.set(keys.check(hostId('host-a')), hostCheckCodec.encode(check));
  const [found] = checkNames(cluster.view, shop);
  const { isOk } = renderNamesCheck(cluster.view, [shop], 'table', 2_000);
  return { ...found!, isOk };
}

const unwritten = hostsFileProblem('shop-web-1', 'ENOSPC');

it.each([
  [[], undefined, 'ok', '1 hosts file agrees'],
  [['no flannel'], undefined, 'ok', '1 hosts file agrees; no flannel'],
  [[unwritten], undefined, 'drift', unwritten],
  [['no flannel', unwritten], undefined, 'drift', `no flannel; ${unwritten}`],
  [['no flannel'], 'x', 'behind', /^verified another map \(x, etcd has \w+\); no flannel$/],
] as const)('with problems %j and map %s a host is %s', (problems, digest, state, message) => {
  const found = checked(problems, digest);
  expect(found.state).toBe(state);
  expect(found.message).toMatch(message);
  expect(found.isOk).toBe(state === 'ok');
});
