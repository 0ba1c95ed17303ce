import { createServer } from 'node:net';
import { hasCode, LabError } from '../errors.js';

/**
 * Runs `work` while no other process builds, changes or removes the lab. The lock is a socket in the abstract
 * namespace: the kernel drops it with the process, so that a crash leaves nothing to clean up.
 */
export async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        hasCode(cause, 'EADDRINUSE')
          ? new LabError('another nap-lab is building or removing the lab', {
              hint: 'wait until it is done, then try again',
            })
          : cause,
      );
    });
    server.listen('\0nap-lab', resolve);
  });
  try {
    return await work();
  } finally {
    server.close();
  }
}
