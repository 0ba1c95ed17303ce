import { hostInfoCodec, keys, type HostInfo } from '@nap/shared';
import { aPlacement, HOST } from './testing/builders.js';
import { Stage } from './testing/stage.js';

/** The agent ends: alone, or because its host goes down. */

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.start();
});
afterEach(async () => {
  await stage.stop();
});

async function info(): Promise<HostInfo | undefined> {
  const entry = await stage.operator.get(keys.hostInfo(HOST));
  return entry === undefined ? undefined : hostInfoCodec.decode(entry.value, entry.key);
}

const isThere = async (): Promise<boolean> =>
  (await stage.operator.get(keys.hostSession(HOST))) !== undefined;

it('alone: it stays registered, and nobody moves anything', async () => {
  await stage.place(aPlacement('shop.web.1'));
  await stage.stop();
  expect(await isThere()).toBe(true);
  expect((await info())?.goingDown).toBeUndefined();
  expect(stage.docker.running).toContain('shop-web-1');
});

it('with its host: it says so and gives its lease back at once, and stops no container', async () => {
  await stage.place(aPlacement('shop.web.1'));
  stage.goingDown = 'reboot';
  await stage.stop();
  expect(await isThere()).toBe(false);
  expect(await stage.name('shop.web.1')).toBeUndefined();
  expect((await info())?.goingDown).toMatchObject({ kind: 'reboot' });
  expect(stage.docker.running).toContain('shop-web-1');
});

it('with its host, and an instance that must never run twice: the lease ends by itself', async () => {
  await stage.place(aPlacement('shop.web.1', { stopAfterMs: 30_000 }));
  stage.goingDown = 'off';
  await stage.stop();
  expect(await isThere()).toBe(true);
  expect((await info())?.goingDown).toMatchObject({ kind: 'off' });
});

it('is as before when it is back', async () => {
  stage.goingDown = 'reboot';
  await stage.stop();
  stage.goingDown = undefined;
  await stage.start();
  await stage.pass();
  expect(await isThere()).toBe(true);
  expect((await info())?.goingDown).toBeUndefined();
});
