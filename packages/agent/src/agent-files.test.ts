import { createHash } from 'node:crypto';
import {
  fileContentCodec,
  fileDigest,
  instanceId,
  keys,
  type FileSpec,
  type Report,
} from '@nap/shared';
import { aPlacement, HOST } from './testing/builders.js';
import { Stage } from './testing/stage.js';

const WORD = 'open sesame';

const digest = (text: string): FileSpec['digest'] =>
  fileDigest(createHash('sha256').update(text).digest('hex'));

function aFile(text: string, over: Partial<FileSpec> = {}): FileSpec {
  const base = {
    kind: 'secret',
    target: '/run/secrets/word',
    uid: 0,
    gid: 0,
    mode: 0o444,
  } as const;
  return { ...base, digest: digest(text), ...over };
}

const secret = aFile(WORD);
const config = aFile('port=80', { kind: 'config', target: '/etc/web.conf', uid: 33, mode: 0o400 });
const web = aPlacement('shop.web.1', {}, { files: [secret, config] });
const SECRET = `/run/nap-agent/secrets/shop.web.1/${secret.digest}-0-0-444`;
const CONFIG = `/state/configs/shop.web.1/${config.digest}-33-0-400`;

let stage: Stage;

async function keep(text: string, about: string = text): Promise<void> {
  const value = fileContentCodec.encode({ content: Buffer.from(text).toString('base64') });
  await stage.operator.commit([{ kind: 'put', key: keys.hostFile(HOST, digest(about)), value }]);
}

const content = (path: string): string | undefined =>
  stage.fileDisk.files.get(path)?.bytes.toString();

/** Between two tries. */
async function failure(): Promise<Report | undefined> {
  await stage.pass(500);
  return stage.report('shop.web.1');
}

describe('configs and secrets', () => {
  beforeEach(async () => {
    stage = new Stage();
    await stage.start();
    await keep(WORD);
    await keep('port=80');
  });
  afterEach(() => stage.stop());

  it('are files before the container is made: configs with the state, secrets in memory', async () => {
    await stage.place(web);
    expect(content(SECRET)).toBe(WORD);
    expect(content(CONFIG)).toBe('port=80');
    expect(stage.fileDisk.files.get(CONFIG)?.owner).toEqual({ uid: 33, gid: 0, mode: 0o400 });
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('leave no trace of a secret elsewhere', async () => {
    await stage.place(web);
    const traces = [...stage.disk.values(), JSON.stringify(await stage.report('shop.web.1'))];
    const encoded = Buffer.from(WORD).toString('base64');
    for (const text of traces) {
      expect(text).not.toContain(WORD);
      expect(text).not.toContain(encoded);
    }
  });

  it('are made anew before a start when the memory was emptied', async () => {
    await stage.place(web);
    stage.fileDisk.files.delete(SECRET);
    stage.docker.exit('shop-web-1', 1);
    await stage.pass(10_000);
    expect(content(SECRET)).toBe(WORD);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('keep an instance waiting while etcd, which has them, is away; and no longer', async () => {
    await stage.place(web);
    stage.fileDisk.files.delete(SECRET);
    stage.store.disconnect();
    stage.docker.exit('shop-web-1', 1);
    await stage.pass(10_000);
    expect(stage.docker.running).toEqual([]);
    stage.store.reconnect();
    await stage.pass(90_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('need no etcd while they are here', async () => {
    await stage.place(web);
    stage.store.disconnect();
    stage.docker.exit('shop-web-1', 1);
    await stage.pass(10_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('that etcd does not have are named, and waited for', async () => {
    const other = aFile('another word', { target: '/run/secrets/other' });
    await stage.place(aPlacement('shop.web.1', {}, { files: [other] }));
    expect(await failure()).toMatchObject({
      status: { state: 'failed', cause: 'file-missing' },
      message: expect.stringContaining(
        'the secret for /run/secrets/other is neither on this host nor in etcd',
      ) as string,
    });
    await keep('another word');
    await stage.pass(60_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
  });

  it('whose content is not what was applied are not used', async () => {
    await keep('something else', WORD);
    await stage.place(web);
    expect(stage.fileDisk.paths).not.toContain(SECRET);
    expect(await failure()).toMatchObject({
      status: { state: 'failed', cause: 'file-missing' },
      message: expect.stringContaining('its digest differs') as string,
    });
  });

  it('are refused where secrets would reach a disk', async () => {
    stage.fileDisk.isTmpfs = false;
    await stage.place(web);
    expect(stage.fileDisk.paths).toEqual([]);
    expect(await failure()).toMatchObject({
      status: { state: 'failed', cause: 'file-missing' },
      message: expect.stringContaining('/run/nap-agent/secrets is not on a file system') as string,
    });
  });

  it('go with the last container that mounts them', async () => {
    await stage.place(web);
    const later = aFile(WORD, { mode: 0o400 });
    await stage.place(aPlacement('shop.web.1', {}, { files: [later] }));
    expect(stage.fileDisk.paths).toEqual([
      `/run/nap-agent/secrets/shop.web.1/${later.digest}-0-0-400`,
    ]);
    await stage.unplace('shop.web.1');
    expect(stage.fileDisk.paths).toEqual([]);
  });

  it('stay while nothing proves that they are not needed', async () => {
    await stage.place(web);
    stage.store.disconnect();
    await stage.unplace('shop.web.1');
    await stage.pass(90_000);
    expect(stage.fileDisk.paths).toHaveLength(2);
  });

  it('are each instance’s own', async () => {
    await stage.place(web, aPlacement('shop.web.2', {}, { files: [secret] }));
    await stage.operator.commit([
      { kind: 'delete', key: keys.placement(HOST, instanceId('shop.web.1')) },
    ]);
    await stage.pass();
    expect(stage.fileDisk.paths).toEqual([SECRET.replace('shop.web.1', 'shop.web.2')]);
  });
});
