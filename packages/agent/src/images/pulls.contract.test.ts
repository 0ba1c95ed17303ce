import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '@nap/shared/runtime';
import { instanceId } from '@nap/shared';
import { openDocker } from '../docker/dockerode-gateway.js';
import { eventually } from '../testing/engines.js';
import {
  canRunDockerd,
  startPrivateDockerd,
  type PrivateDockerd,
} from '../testing/private-dockerd.js';
import { askCredentialHelper } from './credential-helper.js';
import { ImageView } from './image-view.js';
import { pullImage } from './pull-image.js';
import { dockerLogins } from './registry-logins.js';

const USER = 'nap';
const WORD = 'sesame';
/** bcrypt of the word. */
const HASH = '$2b$05$abcdefghijklmnopqrstuuKcS.CYWVYVaLiiCKrrc0A5s3mGesJ9O';
const REGISTRY = '127.0.0.1:5000';
const IMAGE = `${REGISTRY}/box:1`;

describe('a credential helper', helpers);
if (canRunDockerd() && existsSync('/usr/bin/docker-registry')) {
  describe('a registry that wants a login', registry);
}

/** An environment with a helper of this text, ahead of all others on the PATH. */
async function withHelper<T>(
  script: string,
  work: (env: Readonly<Record<string, string | undefined>>) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'nap-helpers-'));
  const path = join(dir, 'docker-credential-test');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  try {
    return await work({ PATH: `${dir}:${process.env['PATH'] ?? ''}` });
  } finally {
    await rm(dir, { recursive: true });
  }
}

function helpers(): void {
  const ask = (script: string) =>
    withHelper(script, (env) => askCredentialHelper('test', 'a.example', env));

  it('is asked for the server on its input', async () => {
    const script = `[ "$1" = get ] && read server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"`;
    expect(await ask(script)).toEqual({ username: 'a.example', secret: 's' });
  });

  it('may know nothing', async () => {
    expect(await ask('echo "credentials not found in native keychain"; exit 1')).toBeUndefined();
  });

  it.each([
    ['fails', `echo ${WORD}; exit 3`, 'docker-credential-test failed with exit code 3'],
    ['says something else', `echo ${WORD}`, 'docker-credential-test gave no login'],
    ['says too much', 'cat /dev/zero', 'docker-credential-test failed'],
  ])('that %s is told without its words', async (_what, script, message) => {
    const failure = await ask(script).catch((err: unknown) => err);
    expect(failure).toMatchObject({ message: expect.stringContaining(message) as string });
    expect(String(failure)).not.toContain(WORD);
  });

  it('that is not there is named', async () => {
    await expect(askCredentialHelper('no-such', 'a.example', {})).rejects.toThrow(
      'docker-credential-no-such is not on this host',
    );
    await expect(askCredentialHelper('../../bin/sh', 'a.example', {})).rejects.toThrow(
      'odd helper',
    );
  });
}

interface PullOptions {
  readonly platform?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

function registry(): void {
  let dockerd: PrivateDockerd;
  const auths = { [REGISTRY]: { auth: Buffer.from(`${USER}:${WORD}`).toString('base64') } };

  beforeAll(async () => {
    dockerd = await startPrivateDockerd();
    await dockerd.makeImage(IMAGE);
    await writeFile(join(dockerd.dir, 'htpasswd'), `${USER}:${HASH}\n`);
    await writeFile(
      join(dockerd.dir, 'registry.json'),
      JSON.stringify({
        version: 0.1,
        log: { level: 'error' },
        storage: { filesystem: { rootdirectory: join(dockerd.dir, 'registry') } },
        http: { addr: REGISTRY },
        auth: { htpasswd: { realm: 'test', path: join(dockerd.dir, 'htpasswd') } },
      }),
    );
    dockerd.startBeside('docker-registry', 'serve', join(dockerd.dir, 'registry.json'));
    await mkdir(join(dockerd.dir, 'client'));
    await writeFile(join(dockerd.dir, 'client/config.json'), JSON.stringify({ auths }));
    const push = ['--config', join(dockerd.dir, 'client'), 'push', IMAGE];
    await eventually(
      () => spawnSync('docker', ['-H', `unix://${dockerd.socket}`, ...push]).status,
      (status) => status === 0,
    );
  }, 60_000);
  afterAll(() => dockerd.stop(), 60_000);
  beforeEach(() => {
    dockerd.docker('rmi', '-f', IMAGE);
  });

  async function pull(config: object, over: PullOptions = {}): Promise<boolean> {
    const { platform, env = {} } = over;
    const path = join(dockerd.dir, 'config.json');
    await writeFile(path, JSON.stringify(config));
    const docker = openDocker(dockerd.socket);
    const logins = dockerLogins({
      readConfig: () => readFile(path, 'utf8'),
      askHelper: (name, server) => askCredentialHelper(name, server, env),
    });
    await pullImage(
      {
        ...{ kind: 'pull', instance: instanceId('shop.web.1'), reason: 'image-missing' },
        ...{ image: IMAGE, ...(platform === undefined ? {} : { platform }) },
      },
      { docker, images: new ImageView(docker, new Map()), logins, log: silentLog },
      new AbortController().signal,
    );
    return (await docker.imageId(IMAGE, platform)) !== undefined;
  }

  it('gives an image for a password of the configuration', async () => {
    expect(await pull({ auths })).toBe(true);
  });

  it('gives an image for what a helper says', async () => {
    const answer = JSON.stringify({ Username: USER, Secret: WORD });
    await withHelper(`cat > /dev/null; echo '${answer}'`, async (env) => {
      expect(await pull({ credHelpers: { [REGISTRY]: 'test' } }, { env })).toBe(true);
      expect(await pull({ credsStore: 'test' }, { env })).toBe(true);
    });
  });

  it('denies it without one, or with a wrong one', async () => {
    await expect(pull({})).rejects.toMatchObject({ code: 'IMAGE_DENIED' });
    const wrong = { [REGISTRY]: { auth: Buffer.from(`${USER}:no`).toString('base64') } };
    await expect(pull({ auths: wrong })).rejects.toMatchObject({ code: 'IMAGE_DENIED' });
  });

  it('denies it when the helper fails, and the hint says so', async () => {
    await withHelper('exit 1', async (env) => {
      await expect(pull({ credsStore: 'test' }, { env })).rejects.toMatchObject({
        code: 'IMAGE_DENIED',
        hint: expect.stringContaining('docker-credential-test failed') as string,
      });
    });
  });

  it('brings another image under the same name, when the registry has one', async () => {
    await pull({ auths });
    const docker = openDocker(dockerd.socket);
    const before = (await docker.imageId(IMAGE)) ?? '';
    dockerd.docker('create', '--name', 'changed', IMAGE, 'true');
    dockerd.docker('commit', 'changed', IMAGE);
    dockerd.docker('rm', 'changed');
    dockerd.docker('--config', join(dockerd.dir, 'client'), 'push', IMAGE);
    const after = await docker.imageId(IMAGE);
    dockerd.docker('tag', before, IMAGE);
    expect(await docker.imageId(IMAGE)).toBe(before);
    await pull({ auths });
    expect(await docker.imageId(IMAGE)).toBe(after);
    expect(after).not.toBe(before);
  });

  it('has an image for one platform only', async () => {
    expect(await pull({ auths }, { platform: 'linux/amd64' })).toBe(true);
    dockerd.docker('rmi', '-f', IMAGE);
    await expect(pull({ auths }, { platform: 'linux/arm64' })).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining('linux/arm64') as string,
    });
  });

  // The engine itself asks on for some seconds: its first question to a registry cannot be taken back.
  it('that hangs is waited for no longer than somebody needs the image', async () => {
    const mark = join(dockerd.dir, 'asked');
    const hanging = `require('net').createServer((socket) => {
      require('fs').writeFileSync('${mark}', '');
      socket.on('error', () => undefined).resume();
    }).listen(5001, '127.0.0.1')`;
    dockerd.startBeside(process.execPath, '-e', hanging);
    const abort = new AbortController();
    const docker = openDocker(dockerd.socket);
    // Until the listener listens the engine is refused.
    const pulled = eventually(
      () => docker.pull({ image: '127.0.0.1:5001/x:1' }, abort.signal).then(String, String),
      (outcome) => !outcome.includes('refused'),
    );
    await eventually(() => existsSync(mark), Boolean);
    const isOver = await Promise.race([pulled.then(() => true), sleep(500, false)]);
    expect(isOver).toBe(false);
    abort.abort();
    const outcome = await Promise.race([pulled, sleep(5_000, 'waits')]);
    expect(outcome).toMatch(/abort/i);
  }, 30_000);
}
