import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileContentCodec, fileDigest, instanceId, keys, type FileSpec } from '@nap/shared';
import { silentLog } from '@nap/shared/runtime';
import { ManualClock, MemoryEtcd, MemoryStore } from '@nap/shared/testing';
import { openDocker } from '../docker/dockerode-gateway.js';
import { HOST } from '../testing/builders.js';
import { request } from '../testing/engines.js';
import { canRunDockerd, startPrivateDockerd } from '../testing/private-dockerd.js';
import { ContainerFiles } from './container-files.js';
import { fileDisk } from './file-disk.js';
import type { FileDirs } from './file-path.js';

/** A file system in memory on every Linux. */
const MEMORY = '/dev/shm';
const WORD = 'open sesame';
const digest = fileDigest(createHash('sha256').update(WORD).digest('hex'));
const secret: FileSpec = {
  ...{ kind: 'secret', target: '/run/secrets/word', digest },
  ...{ uid: 33, gid: 44, mode: 0o440 },
};
const web = instanceId('shop.web.1');
const isRoot = process.getuid?.() === 0;

let dirs: FileDirs;
let store: MemoryStore;
const files = (over: Partial<FileDirs> = {}): ContainerFiles =>
  new ContainerFiles({
    ...{ host: HOST, store, log: silentLog },
    dirs: { ...dirs, ...over },
    disk: fileDisk,
  });

beforeEach(async () => {
  store = new MemoryStore({ etcd: new MemoryEtcd(new ManualClock()) });
  const value = fileContentCodec.encode({ content: Buffer.from(WORD).toString('base64') });
  await store.commit([{ kind: 'put', key: keys.hostFile(HOST, digest), value }]);
  dirs = {
    config: await mkdtemp(join(tmpdir(), 'nap-configs-')),
    secret: await mkdtemp(join(MEMORY, 'nap-secrets-')),
  };
});
afterEach(async () => {
  for (const dir of Object.values(dirs) as readonly string[]) await rm(dir, { recursive: true });
});

if (isRoot) describe('configs and secrets on a real disk', onDisk);
else it('needs root', () => undefined);
if (isRoot && canRunDockerd()) describe('configs and secrets in a container', inContainer);

function onDisk(): void {
  it('belong to whom the spec says, in directories that are root’s', async () => {
    await files().provide(web, [secret]);
    const path = files().pathOf(web, secret);
    const { uid, gid, mode } = await stat(path);
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 33, gid: 44, mode: 0o440 });
    expect((await stat(dirs.secret)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dirs.secret, web))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(dirs.secret, web))).toHaveLength(1);
  });

  it.each([
    ['was changed', (path: string) => writeFile(path, 'forged')],
    ['is another’s to read', (path: string) => chmod(path, 0o444)],
    ['is gone', (path: string) => rm(path)],
  ])('are put right when one %s', async (_what, harm) => {
    await files().provide(web, [secret]);
    const path = files().pathOf(web, secret);
    await harm(path);
    await files().provide(web, [secret]);
    expect((await fileDisk.read(path, secret))?.toString()).toBe(WORD);
  });

  it('never go to a disk when they are secret', async () => {
    const onDisk = files({ secret: join(dirs.config, 'secrets') });
    await expect(onDisk.provide(web, [secret])).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    await onDisk.provide(web, [{ ...secret, kind: 'config' }]);
    expect(await readdir(join(dirs.config, 'secrets'))).toEqual([]);
  });

  it('go when nothing needs them, and their directory with them', async () => {
    await files().provide(web, [secret]);
    const desired = {
      placements: new Map(),
      unreadable: new Set<never>(),
      doubted: new Set<never>(),
      cluster: undefined,
    };
    const idle = { containers: [], busy: new Set<never>() };
    await files().tidy({ ...idle, desired: { ...desired, isFresh: false } });
    expect(await readdir(dirs.secret)).toEqual([web]);
    await files().tidy({ ...idle, desired: { ...desired, isFresh: true } });
    expect(await readdir(dirs.secret)).toEqual([]);
  });
}

function inContainer(): void {
  it('are read where the spec says, and cannot be written', async () => {
    const dockerd = await startPrivateDockerd();
    try {
      await dockerd.makeImage('box');
      const docker = openDocker(dockerd.socket);
      await files().provide(web, [secret]);
      const id = await docker.create(
        request({ files: [secret] }, { filePath: (file) => files().pathOf(web, file) }),
      );
      await docker.start(id);
      expect(dockerd.docker('exec', id, 'cat', secret.target)).toBe(WORD);
      expect(dockerd.docker('exec', '-u', '33', id, 'cat', secret.target)).toBe(WORD);
      expect(() => dockerd.docker('exec', '-u', '99', id, 'cat', secret.target)).toThrow('denied');
      expect(() => dockerd.docker('exec', id, 'sh', '-c', `echo x > ${secret.target}`)).toThrow(
        'Read-only',
      );
      expect((await docker.inspect(id))?.binds).toEqual([files().pathOf(web, secret)]);
      expect(dockerd.docker('inspect', id)).not.toContain(WORD);
      await docker.remove(id);
    } finally {
      await dockerd.stop();
    }
  }, 60_000);
}
