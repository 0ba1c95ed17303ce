import { isNapError, NapError } from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import type { DockerPort, PullRequest } from '../docker/docker-port.js';
import type { ImageView } from './image-view.js';
import type { RegistryLogins } from './registry-logins.js';

export interface PullParts {
  readonly docker: Pick<DockerPort, 'pull' | 'imageId'>;
  /** Is told what is here now. */
  readonly images?: Pick<ImageView, 'noteId'>;
  readonly logins: RegistryLogins;
  readonly log: Log;
}

/** Pulls with what this host knows of the registry. Ends when the image is here; throws like the port. */
export async function pullImage(
  request: Pick<PullRequest, 'image' | 'platform' | 'onProgress'>,
  { docker, images, logins, log }: PullParts,
  signal: AbortSignal,
): Promise<void> {
  const { image, platform } = request;
  const { login, problem } = await logins.for(image);
  if (problem !== undefined) log.warn('cannot log in to a registry', { image, reason: problem });
  const wanted = platform === undefined ? {} : { platform };
  try {
    const { onProgress } = request;
    await docker.pull(
      {
        ...{ image, ...wanted, ...(login === undefined ? {} : { login }) },
        ...(onProgress === undefined ? {} : { onProgress }),
      },
      signal,
    );
  } catch (err) {
    if (!isNapError(err, 'IMAGE_DENIED') || problem === undefined) throw err;
    throw new NapError('IMAGE_DENIED', err.message, { cause: err, hint: problem });
  }
  // Some engines are content with an image of another platform, where there is only one.
  const id = await docker.imageId(image, platform);
  images?.noteId({ image, ...wanted }, id);
  if (platform === undefined || id !== undefined) return;
  throw new NapError('IMAGE_NOT_FOUND', `the registry has no image ${image} for ${platform}`, {
    hint: 'correct `platform`, or push such an image',
  });
}
