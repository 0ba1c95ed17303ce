import { text } from 'node:stream/consumers';
import { eventually } from '@nap/shared/testing';
import { apply, cleanUp, inside, lab, nap, on, ps, row, startNap } from './support/cluster.js';

/** Containers are replaced one after the other, and clients that resolve by name notice nothing. */

const P = 'roll';
const ROLLS = Number(process.env['ROLLS'] ?? 2);
/** Versions that no roll of the first test has. */
const SICK = ROLLS + 1;
const CUT = ROLLS + 2;

/** `more`: of the service's environment. */
const file = (version: number, more = ''): string => `services:
  web:
    image: web
    init: true
    environment: { VERSION: "${version}"${more} }
    healthcheck: { test: wget -qO- http://127.0.0.1/health, interval: 500ms, retries: 2 }
    deploy:
      replicas: 6
      update_config: { order: start-first, parallelism: 2, failure_action: rollback }
  client:
    image: web
    command: sleep 100000
    init: true
    deploy: { mode: global }
`;

interface Answers {
  readonly ok: number;
  readonly failed: readonly string[];
  readonly versions: Readonly<Record<string, number>>;
}

interface Load {
  readonly end: () => Promise<readonly Answers[]>;
}

/** Asks by name from a container on every host but one, with fresh connections and kept ones, until it is told to end. */
async function load(besides = ''): Promise<Load> {
  const rows = await ps(P);
  const clients = rows.filter(({ service, host }) => service === 'client' && host !== besides);
  const answers = clients.map(async ({ host, name }) => {
    const client = ['docker', 'exec', name, 'python3', '/srv/client.py', 'web', '300'];
    const { stdout } = await lab.spawn(host, client);
    return JSON.parse(await text(stdout)) as Answers;
  });
  const end = async (): Promise<readonly Answers[]> => {
    for (const { host, name } of clients) {
      await on(host, 'docker', 'exec', name, 'sh', '-c', 'kill $(pidof python3)');
    }
    return Promise.all(answers);
  };
  return { end };
}

const versions = async (): Promise<readonly string[]> => {
  const rows = (await ps(P)).filter(({ service }) => service === 'web');
  return Promise.all(rows.map(({ name }) => inside(P, name, 'echo $VERSION')));
};

beforeAll(async () => {
  await apply(P, file(0));
});
afterAll(async () => {
  await cleanUp(P);
});

it('replaces six replicas under load without a failed request, again and again', async () => {
  const { end } = await load();
  for (let version = 1; version <= ROLLS; version += 1) await apply(P, file(version));
  const answers = await end();
  expect(answers.flatMap(({ failed }) => failed)).toEqual([]);
  expect(Math.min(...answers.map(({ ok }) => ok))).toBeGreaterThan(100);
  expect(new Set(await versions())).toEqual(new Set([String(ROLLS)]));
});

it('brings the old version back when the new one does not get well, and the old one serves on', async () => {
  const before = new Set(await versions());
  const { end } = await load();
  const { code, stderr } = await nap(['apply', '-f', '-', '-p', P], file(SICK, ', SICK: "1"'));
  const answers = await end();
  expect({ code, stderr }).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(
      /was rolled back: roll\.web\.\d is unhealthy; revision \d+ is back/,
    ) as string,
  });
  expect(answers.flatMap(({ failed }) => failed)).toEqual([]);
  expect(answers.flatMap((it) => Object.keys(it.versions))).not.toContain(String(SICK));
  expect(new Set(await versions())).toEqual(before);
});

it('goes on with what a controller that was killed has begun', async () => {
  const cut = await startNap(['apply', '-f', '-', '-p', P]);
  cut.stdin.end(file(CUT));
  for await (const said of cut.stderr) if (/recreate \S+web\.3/.test(String(said))) break;
  await cut.stop('SIGKILL');
  // What was ordered last may be just at changing places: for a moment no container of that name runs.
  const found = await eventually(versions, 20_000, 'a container of each name');
  expect(new Set(found).size).toBe(2);
  await apply(P, file(CUT));
  expect(new Set(await versions())).toEqual(new Set([String(CUT)]));
});

it('empties a host under load without a failed request', async () => {
  const { host } = await row(P, 'roll-web-1');
  const { end } = await load(host);
  const { code, stderr } = await nap(['host', 'drain', host]);
  const answers = await end();
  await nap(['host', 'activate', host]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(answers.flatMap(({ failed }) => failed)).toEqual([]);
  expect((await ps(P)).filter((it) => it.host === host && it.service === 'web')).toEqual([]);
});
