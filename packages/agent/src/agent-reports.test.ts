import { keys, NapError, projectName, reportCodec, type Report } from '@nap/shared';
import { aPlacement } from './testing/builders.js';
import { Stage } from './testing/stage.js';

let stage: Stage;
afterEach(async () => {
  await stage.stop();
});

/** Every report that anybody could ever have read, in order. */
async function allReports(): Promise<Report[]> {
  const told: Report[] = [];
  const mirror = stage.operator.mirror(keys.projectReports(projectName('shop')));
  mirror.onChange(() => {
    for (const { key, value } of mirror.entries.values()) told.push(reportCodec.decode(value, key));
  });
  await mirror.whenFresh();
  return told;
}

it('never says of a new spec what was true of the one before', async () => {
  stage = new Stage();
  await stage.start();
  const before = aPlacement('shop.web.1');
  await stage.place(before);
  const old = (await stage.report('shop.web.1'))?.containerId;
  const told = await allReports();
  const after = aPlacement('shop.web.1', {}, { environment: { V: '2' } });
  expect(after.specHash).not.toBe(before.specHash);
  await stage.place(after);
  await stage.pass(20_000);
  const ofNew = told.filter(
    ({ specHash, status }) => specHash === after.specHash && status.state === 'running',
  );
  expect(old).toBeDefined();
  expect(ofNew.length).toBeGreaterThan(0);
  expect(ofNew.map(({ containerId }) => containerId)).not.toContain(old);
});

it('says at each try the same of a container that does not start, by its name', async () => {
  stage = new Stage();
  await stage.start();
  const asked = new Set<string>();
  stage.docker.start = (container) => {
    asked.add(container);
    const message = `cannot start container ${container}: no such device`;
    return Promise.reject(new NapError('DOCKER_REFUSED', message));
  };
  const told = await allReports();
  await stage.place(aPlacement('shop.web.1'));
  await stage.pass(20_000);
  expect(asked.size).toBe(2);
  const failed = told.filter(({ status }) => status.state === 'failed');
  expect(failed.at(-1)?.status).toMatchObject({ attempts: 5 });
  expect([...new Set(failed.map(({ message }) => message))]).toEqual([
    'cannot start container shop-web-1: no such device',
  ]);
});
