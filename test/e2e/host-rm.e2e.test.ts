import {
  apply,
  cleanUp,
  containersOf,
  lab,
  mustNap,
  ps,
  settled,
  soon,
} from './support/cluster.js';

/** A host that was forgotten and comes back gives way to what has replaced it: docs/scheduling.md. */

const P = 'forgot';
const HOST = 'host-c';

afterAll(async () => {
  await lab.start(HOST);
  await cleanUp(P);
});

it('removes what it remembers, and runs nothing twice', async () => {
  await apply(P, 'services: { web: { image: busybox, restart: always, scale: 3 } }');
  expect((await ps(P)).map(({ host }) => host)).toContain(HOST);
  await lab.kill(HOST);
  await soon('its lease has ended', async () => {
    await mustNap(['host', 'rm', HOST]);
  });
  await settled(P);
  expect((await ps(P)).map(({ host }) => host)).not.toContain(HOST);
  await lab.start(HOST);
  await soon('each runs once', async () => {
    expect(await mustNap(['host', 'ls', '--format', '{{.Host}}'])).toContain(HOST);
    const names = (await containersOf(P)).map(({ name }) => name).sort();
    expect(names).toEqual(['forgot-web-1', 'forgot-web-2', 'forgot-web-3']);
  });
});
