import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { RunningProcess } from '@nap/lab';
import {
  apply,
  cleanUp,
  lab,
  mustNap,
  nap,
  on,
  soon,
  startDaemon,
} from '../e2e/support/cluster.js';

/**
 * The leading daemon is killed at a random moment of each roll: whoever leads next ends it, in the new version or, when
 * that is sick, in the old one; a mix never stays. KILLS=50 for the long proof.
 */

const P = 'led';
const KILLS = Number(process.env['KILLS'] ?? 3);
jest.setTimeout(120_000 + KILLS * 60_000);
/** Every so many rolls the new version never gets well. */
const SICK_EVERY = 5;
/** About what one roll takes: a kill may meet any moment of it. */
const ROLL_MS = 6_000;
const REPLICAS = 6;

/** Ten tries: a version that is well must not look sick because the machine is busy, or it is rolled back rightly. */
const file = (version: number, isSick: boolean): string => `services:
  web:
    image: web
    init: true
    environment: { VERSION: "${version}"${isSick ? ', SICK: "1"' : ''} }
    stop_grace_period: 2s
    healthcheck: { test: wget -qO- http://127.0.0.1/health, interval: 500ms, retries: 10 }
    x-nap: { drain: 500ms }
    deploy:
      replicas: ${REPLICAS}
      update_config: { order: start-first, parallelism: 2, failure_action: rollback }
`;

/** The one that has run for longest leads. */
const daemons: RunningProcess[] = [];

async function oneMore(): Promise<void> {
  daemons.push(await startDaemon());
}

/** The version of every container of the service, on any host, as dockerd knows it. */
async function versions(): Promise<readonly number[]> {
  const line = `docker ps -q --filter label=nap.project=${P} | xargs -r docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' | sed -n 's/^VERSION=//p'`;
  const texts = await Promise.all(
    (await lab.hosts()).map(async (host) => on(host, 'sh', '-c', line)),
  );
  return texts.flatMap((text) => text.split('\n').filter(Boolean).map(Number));
}

const ended = async (version: number): Promise<void> => {
  try {
    await soon(`all of it is version ${version}`, async () => {
      expect(await versions()).toEqual(Array.from({ length: REPLICAS }, () => version));
    });
  } catch (error) {
    const shown = await Promise.all([nap(['history', '-p', P]), nap(['ps', P]), nap(['ls'])]);
    process.stderr.write(shown.map(({ stdout, stderr }) => `${stdout}${stderr}\n`).join(''));
    throw error;
  }
};

/** Whether the newest revision is one that brought an older one back. */
async function rolledBack(): Promise<void> {
  await soon('the sick version was given up', async () => {
    const kept = JSON.parse(await mustNap(['history', '-p', P, '--format', 'json'])) as {
      revision: number;
      rollback?: object;
    }[];
    const newest = kept.toSorted((a, b) => b.revision - a.revision)[0];
    expect(newest?.rollback).toBeDefined();
  });
}

beforeAll(async () => {
  await cleanUp(P);
  await oneMore();
  await sleep(1_000);
  await oneMore();
  await apply(P, file(0, false));
});
afterAll(async () => {
  for (const daemon of daemons) await daemon.stop('SIGTERM');
  await cleanUp(P);
});

it(`ends ${KILLS} rolls whose leader is killed in one version or the other`, async () => {
  let good = 0;
  for (let roll = 1; roll <= KILLS; roll += 1) {
    const isSick = roll % SICK_EVERY === 0;
    await mustNap(['apply', '-f', '-', '-p', P, '--detach'], file(roll, isSick));
    await sleep(Math.random() * ROLL_MS);
    await daemons.shift()?.stop('SIGKILL');
    if (isSick) await rolledBack();
    else good = roll;
    await ended(good);
    await oneMore();
    await sleep(2_000);
    await ended(good); // and stays so
    // A rollout that nobody has seen to its end is nothing that the next one goes back to.
    await mustNap(['wait', '-p', P]);
    if (KILLS > 3) process.stderr.write(`roll ${roll} ended with version ${good}\n`);
  }
});
