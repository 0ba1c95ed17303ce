/** Puts an image into a registry that listens on a unix socket: the three requests of the distribution API it takes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LabError } from '../errors.js';

const MEDIA_TYPE = 'application/vnd.docker';
const MANIFEST = `${MEDIA_TYPE}.distribution.manifest.v2+json`;

export interface ImageToPush {
  /** `library/redis` */
  readonly repository: string;
  readonly tags: readonly string[];
  /** The image configuration, as JSON. */
  readonly config: string;
  /** The only layer, a gzipped tar. */
  readonly layerFile: string;
}

export async function pushImage(socketPath: string, image: ImageToPush): Promise<void> {
  const config = Buffer.from(image.config);
  const configDigest = digestOf(createHash('sha256').update(config));
  const layerDigest = await digestOfFile(image.layerFile);
  const { size } = await stat(image.layerFile);
  await pushBlob(socketPath, image.repository, configDigest, () => Readable.from([config]));
  await pushBlob(socketPath, image.repository, layerDigest, () =>
    createReadStream(image.layerFile),
  );
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: `${MEDIA_TYPE}.container.image.v1+json`,
      size: config.length,
      digest: configDigest,
    },
    layers: [{ mediaType: `${MEDIA_TYPE}.image.rootfs.diff.tar.gzip`, size, digest: layerDigest }],
  });
  for (const tag of image.tags) {
    await send(socketPath, {
      method: 'PUT',
      path: `/v2/${image.repository}/manifests/${tag}`,
      type: MANIFEST,
      body: Readable.from([Buffer.from(manifest)]),
    });
  }
}

/** `sha256:…` of a file's content. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return digestOf(hash);
}

function digestOf(hash: ReturnType<typeof createHash>): string {
  return `sha256:${hash.digest('hex')}`;
}

async function pushBlob(
  socketPath: string,
  repository: string,
  digest: string,
  open: () => Readable,
): Promise<void> {
  const started = await send(socketPath, {
    method: 'POST',
    path: `/v2/${repository}/blobs/uploads/`,
  });
  const location = new URL(started.location ?? '', 'http://registry');
  location.searchParams.set('digest', digest);
  await send(socketPath, {
    method: 'PUT',
    path: `${location.pathname}${location.search}`,
    type: 'application/octet-stream',
    body: open(),
  });
}

interface RegistryRequest {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly type?: string;
  readonly body?: Readable;
}

async function send(
  socketPath: string,
  { method, path, type, body }: RegistryRequest,
): Promise<IncomingHttpHeaders> {
  const headers = { host: 'registry', ...(type === undefined ? {} : { 'content-type': type }) };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        resolve(response.headers);
      } else {
        reject(new LabError(`the registry answers ${status} to ${method} ${path}`));
      }
    });
    sent.on('error', reject);
    if (body === undefined) sent.end();
    else pipeline(body, sent).catch(reject);
  });
}
