import type { EngineHappening } from '@nap/shared';
import { eventually, request } from '../testing/engines.js';
import {
  canRunDockerd,
  startPrivateDockerd,
  type PrivateDockerd,
} from '../testing/private-dockerd.js';
import type { RunState } from '../reconcile/observed.js';
import type { DockerPort } from './docker-port.js';
import { openDocker } from './dockerode-gateway.js';
import { openOperatorDocker } from './operator-gateway.js';

const LIMIT_BYTES = 16 * 1024 ** 2;
const EAT = 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done';
const ONCE = `[ -f /tmp/seen ] && exit 4; echo > /tmp/seen; ${EAT}`;

if (canRunDockerd()) describe('what a real dockerd says of CPUs and memory', onDockerd);

function onDockerd(): void {
  let dockerd: PrivateDockerd;
  let docker: DockerPort;

  beforeAll(async () => {
    dockerd = await startPrivateDockerd();
    await dockerd.makeImage('box');
    docker = openDocker(dockerd.socket);
  }, 60_000);
  afterAll(() => dockerd.stop(), 60_000);

  const ended = async (id: string): Promise<RunState | undefined> =>
    eventually(
      async () => (await docker.inspect(id))?.run,
      (run) => run?.state === 'exited',
    );
  const start = async (script: string): Promise<string> => {
    const id = await docker.create(
      request({ command: ['sh', '-c', script], memoryBytes: LIMIT_BYTES }),
    );
    await docker.start(id);
    return id;
  };

  it.each([
    ['the program itself', EAT, 137],
    ['a child of a program that fails for it', `sh -c '${EAT}'; exit 3`, 3],
    ['a child of a program that goes on', `sh -c '${EAT}'; exit 0`, 0],
  ])('memory that has run out, for %s', async (_, script, exitCode) => {
    const outOfMemory = { limitBytes: LIMIT_BYTES };
    expect(await ended(await start(script))).toMatchObject({ exitCode, outOfMemory });
  });

  it('of the next run of the same container nothing of the kind', async () => {
    const id = await start(ONCE);
    expect(await ended(id)).toMatchObject({ exitCode: 137, outOfMemory: {} });
    await docker.start(id);
    const run = await ended(id);
    expect(run).toMatchObject({ exitCode: 4 });
    expect(run).not.toHaveProperty('outOfMemory');
  });

  it('to operators as an event of its own', async () => {
    const sinceMs = Date.now();
    await ended(await start(EAT));
    const found: EngineHappening[] = [];
    const query = { sinceMs, untilMs: Date.now() + 1_000, signal: new AbortController().signal };
    for await (const happening of openOperatorDocker(dockerd.socket).happenings(query)) {
      found.push(happening);
    }
    expect(found.map(({ action }) => action)).toContain('oom');
  });

  it('a cpuset that it does not have, with what to do', async () => {
    await expect(docker.create(request({ cpuset: '0-999' }))).rejects.toMatchObject({
      code: 'DOCKER_REFUSED',
      message: expect.stringMatching(
        /: its cpuset is 0-999, and this host has the CPUs [\d,-]+$/,
      ) as string,
      hint: expect.stringContaining('deploy.placement') as string,
    });
  });
}
