import { apply, cleanUp, inside, lab, mustNap, nap, on, row } from './support/cluster.js';

/** Data is sacred: where it lives, who sees it, and what removes it. */

const P = 'keep';
const yaml = (version: string): string => `services:
  db:
    image: busybox
    environment: { VERSION: "${version}" }
    volumes: [data:/data]
  backup:
    image: busybox
    volumes: ["data:/data:ro"]
volumes:
  data:
`;

afterAll(async () => {
  await cleanUp(P);
});

it('services that share a named volume run where it is, and see the same files', async () => {
  await apply(P, yaml('1'));
  expect((await row(P, 'keep-db-1')).host).toBe((await row(P, 'keep-backup-1')).host);
  await inside(P, 'keep-db-1', 'echo precious >/data/file');
  expect(await inside(P, 'keep-backup-1', 'cat /data/file')).toBe('precious');
});

it('a recreated instance finds its data, in named and in anonymous volumes', async () => {
  await apply(P, yaml('2'));
  expect(await inside(P, 'keep-db-1', 'cat /data/file; echo $VERSION')).toBe('precious\n2');
  const redis = (version: string): string =>
    `services:\n  redis: { image: redis, environment: { VERSION: "${version}" } }\n`;
  try {
    await apply('keep-redis', redis('1'));
    await inside('keep-redis', 'keep-redis-redis-1', 'echo anonymous >/data/file');
    await apply('keep-redis', redis('2'));
    expect(await inside('keep-redis', 'keep-redis-redis-1', 'cat /data/file; echo $VERSION')).toBe(
      'anonymous\n2',
    );
  } finally {
    await cleanUp('keep-redis');
  }
});

it('down keeps the volume, and the next apply goes back to it', async () => {
  const { host } = await row(P, 'keep-db-1');
  await mustNap(['down', '-p', P]);
  expect(await on(host, 'docker', 'volume', 'ls', '-q')).toContain('keep_data');
  const again = await nap(['down', '-p', P]);
  expect(again).toMatchObject({ code: 8 });
  expect(again.stderr).toContain(`keep_data on ${host}`);
  await apply(P, yaml('2'));
  expect((await row(P, 'keep-db-1')).host).toBe(host);
  expect(await inside(P, 'keep-db-1', 'cat /data/file')).toBe('precious');
});

const isDropped = async (): Promise<void> => {
  for (const host of await lab.hosts()) {
    expect(await on(host, 'docker', 'volume', 'ls', '-q')).not.toContain('keep_data');
  }
};

it('down --volumes drops it', async () => {
  await mustNap(['down', '-p', P, '--volumes']);
  await isDropped();
});

it('down --volumes drops what nothing mounts any more', async () => {
  await apply(P, yaml('2'));
  await apply(P, 'services:\n  web: { image: redis }\n');
  await mustNap(['down', '-p', P, '--volumes']);
  await isDropped();
});

it('down --volumes drops what an earlier down has kept', async () => {
  await apply(P, yaml('2'));
  await mustNap(['down', '-p', P]);
  await mustNap(['down', '-p', P, '--volumes']);
  await isDropped();
});
