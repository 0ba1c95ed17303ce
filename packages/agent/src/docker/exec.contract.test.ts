import { engines, request, type Engine } from '../testing/engines.js';
import { canRunDockerd, startPrivateDockerd } from '../testing/private-dockerd.js';
import { openDocker } from './dockerode-gateway.js';

/** Commands in containers, on the fake and on a real dockerd. */
describe.each(engines)('%s', (_kind, open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  }, 60_000);
  afterAll(() => engine.stop(), 60_000);

  const soon = { deadlineMs: 20_000 };

  it('runs a command in a container that runs, and in no other', async () => {
    const { docker } = engine;
    const id = await docker.create(request());
    const command = ['true'];
    await expect(docker.exec(id, { command }, soon)).rejects.toMatchObject({
      code: 'DOCKER_CONFLICT',
    });
    await docker.start(id);
    expect(await docker.exec(id, { command }, soon)).toEqual({ exitCode: 0, output: '' });
    await docker.remove(id);
    await expect(docker.exec(id, { command }, soon)).rejects.toMatchObject({
      code: 'DOCKER_NOT_FOUND',
    });
  });

  it('keeps the hooks that a container needs to be stopped', async () => {
    const { docker } = engine;
    const preStop = [{ command: ['drain', '--all'], user: '7', environment: { A: '1' } }];
    const id = await docker.create(request({ preStop }));
    expect((await docker.inspect(id))?.preStop).toEqual(preStop);
    await docker.remove(id);
  });
});

if (canRunDockerd()) describe('a real dockerd, beyond the fake', beyondTheFake);

function beyondTheFake(): void {
  it('runs commands as they are asked for', async () => {
    const dockerd = await startPrivateDockerd();
    try {
      await dockerd.makeImage('box');
      const docker = openDocker(dockerd.socket);
      const id = await docker.create(request());
      await docker.start(id);
      const sh = (text: string, over: object = {}, deadlineMs = 20_000) =>
        docker.exec(id, { command: ['sh', '-c', text], ...over }, { deadlineMs });
      expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
        exitCode: 3,
        output: expect.stringMatching(/^(out\nerr|err\nout)\n$/) as string,
      });
      const environment = { WORD: 'sesame' };
      expect(await sh('echo $WORD $PWD', { workingDir: '/tmp', environment })).toMatchObject({
        output: 'sesame /tmp\n',
      });
      expect(await sh('grep ^Uid: /proc/self/status', { user: '7' })).toMatchObject({
        output: expect.stringContaining('7') as string,
      });
      const capabilities = await sh('grep ^CapEff /proc/self/status', { privileged: true });
      expect(capabilities.output).not.toBe((await sh('grep ^CapEff /proc/self/status')).output);
      expect(await docker.exec(id, { command: ['none'] }, { deadlineMs: 20_000 })).toMatchObject({
        exitCode: expect.any(Number) as number,
      });
      await expect(sh('sleep 100', {}, 200)).rejects.toMatchObject({ code: 'TIMEOUT' });
      const much = await sh('cat /dev/zero & sleep 0.2; kill $!; exit 4');
      expect(much.exitCode).toBe(4);
    } finally {
      await dockerd.stop();
    }
  }, 60_000);
}
