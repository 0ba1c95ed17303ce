import { isNapError, NapError } from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import type { DockerPort } from '../docker/docker-port.js';
import type { StepOf } from '../reconcile/step.js';
import type { RegistryLogins } from './registry-logins.js';

export interface PullParts {
  readonly docker: Pick<DockerPort, 'pull' | 'hasImage'>;
  readonly logins: RegistryLogins;
  readonly log: Log;
}

/** Pulls with what this host knows of the registry. Ends when the image is here; throws like the port. */
export async function pullImage(
  { image, platform }: Pick<StepOf<'pull'>, 'image' | 'platform'>,
  { docker, logins, log }: PullParts,
  signal: AbortSignal,
): Promise<void> {
  const { login, problem } = await logins.for(image);
  if (problem !== undefined) log.warn('cannot log in to a registry', { image, reason: problem });
  const wanted = platform === undefined ? {} : { platform };
  try {
    await docker.pull({ image, ...wanted, ...(login === undefined ? {} : { login }) }, signal);
  } catch (err) {
    if (!isNapError(err, 'IMAGE_DENIED') || problem === undefined) throw err;
    throw new NapError('IMAGE_DENIED', err.message, { cause: err, hint: problem });
  }
  // Some engines are content with an image of another platform, where there is only one.
  if (platform === undefined || (await docker.hasImage(image, platform))) return;
  throw new NapError('IMAGE_NOT_FOUND', `the registry has no image ${image} for ${platform}`, {
    hint: 'correct `platform`, or push such an image',
  });
}
