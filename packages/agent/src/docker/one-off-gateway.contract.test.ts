import {
  canRunDockerd,
  startPrivateDockerd,
  type PrivateDockerd,
} from '../testing/private-dockerd.js';
import { openOneOffDocker } from './one-off-gateway.js';
import type { ExecSession } from './operator-port.js';

const NEVER = new AbortController().signal;
const WITHIN_MS = 5_000;

if (canRunDockerd()) describe('how a one-off ended', onDockerd);

function onDockerd(): void {
  let dockerd: PrivateDockerd;
  beforeAll(async () => {
    dockerd = await startPrivateDockerd();
    await dockerd.makeImage('box');
  }, 60_000);
  afterAll(() => dockerd.stop(), 60_000);

  const attached = async (...command: readonly string[]): Promise<ExecSession> => {
    const id = dockerd.docker('create', 'box', ...command).trim();
    const port = openOneOffDocker(dockerd.socket);
    const session = await port.attach(id, { hasInput: false, isTerminal: false });
    session.stream.resume();
    dockerd.docker('start', id);
    return session;
  };

  it('is what its program ended with, asked before or after', async () => {
    const session = await attached('sh', '-c', 'exit 3');
    expect(await session.exitCode(NEVER)).toBe(3);
    expect(await session.exitCode(NEVER)).toBe(3);
  });

  it('is asked no longer where nobody wants to know', async () => {
    const session = await attached('sleep', '1000');
    const stop = new AbortController();
    const asked = session.exitCode(stop.signal);
    setTimeout(() => {
      stop.abort();
    }, 200);
    await expect(asked).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'is not known where dockerd ends by %s in the middle of its answer, and that is said',
    async (signal) => {
      const session = await attached('sleep', '1000');
      const asked = session.exitCode(NEVER).then(
        (exitCode) => exitCode,
        (err: unknown) => err,
      );
      const late = new Promise((resolve) => setTimeout(resolve, WITHIN_MS, 'too late'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      await dockerd.halt(signal);
      const told = await Promise.race([asked, late]);
      // Who stops in good order may still say how it ended.
      if (typeof told !== 'number') expect(told).toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
      await dockerd.boot();
    },
    60_000,
  );
}
