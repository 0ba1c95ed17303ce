import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { canRunDockerd } from '../../packages/agent/src/testing/private-dockerd.js';
import { Bed, until } from './bed.js';

/** A dockerd that is frozen keeps its socket open and says nothing. */

jest.setTimeout(180_000);

const COMPOSE = `
services:
  web:
    image: box
    command: sleep 1000
    init: true
    deploy: {replicas: 2, placement: {preferences: [{spread: node.hostname}]}}
`;

if (canRunDockerd()) describe('an engine that is silent', overTwoHosts);

function overTwoHosts(): void {
  let bed: Bed;
  const problems = async (): Promise<string> =>
    (await bed.nap('host', 'ls', '--format', '{{.Host}}: {{.Problems}}')).out;
  const signalEngine = (signal: NodeJS.Signals): void => {
    process.kill(Number(readFileSync(bed.host(1).dockerd.pidFile, 'utf8')), signal);
  };
  const SILENT = /^host-b: .*dockerd has not answered for 10 s/m;

  beforeAll(async () => {
    bed = await Bed.open('host-a', 'host-b');
    await bed.apply(COMPOSE);
  });
  afterAll(async () => {
    signalEngine('SIGCONT');
    await bed.close();
  });

  it('is named by host ls; who asks its host hears so at once, and the others answer', async () => {
    signalEngine('SIGSTOP');
    await until('host ls tells', async () => SILENT.test(await problems()), 60_000);
    expect(await problems()).not.toMatch(/host-a: .*has not answered/);
    const stats = await bed.nap('stats', '--no-stream', '--format', '{{.Name}}');
    expect(stats.out).toBe('shop-web-1\n');
    expect(stats.err).toMatch(
      /host-b: dockerd has not answered for 10 s.*\n.*journalctl -u docker/,
    );
    expect(await bed.nap('exec', 'web/2', 'true')).toMatchObject({
      exit: 5,
      err: expect.stringMatching(/host-b: dockerd has not answered/) as string,
    });
  });

  it('when it answers again all is as it was, and a restart asked for meanwhile is done', async () => {
    const asked = await bed.nap('restart', 'shop/web/2', '--timeout', '5');
    expect(asked.exit).toBe(7);
    expect(asked.err).toMatch(/note: host-b: dockerd has not answered for 10 s/);
    signalEngine('SIGCONT');
    await until('host ls tells', async () => !SILENT.test(await problems()), 60_000);
    expect(await bed.nap('wait', '-p', 'shop', '--for', 'converged')).toMatchObject({ exit: 0 });
    expect((await bed.nap('exec', 'web/2', 'echo', 'here')).out).toBe('here\n');
  });

  it('stops what it can meanwhile, and the rest when it answers again', async () => {
    const states = async (): Promise<string> =>
      (await bed.nap('ps', '-p', 'shop', '--all', '--format', '{{.Name}}: {{.State}}')).out;
    signalEngine('SIGSTOP');
    await until('host ls tells', async () => SILENT.test(await problems()), 60_000);
    const asked = await bed.nap('stop', 'shop', '--timeout', '5');
    expect(asked.exit).toBe(7);
    expect(asked.err).toMatch(/note: host-b: dockerd has not answered for 10 s/);
    expect(await states()).toMatch(/^shop-web-1: stopped/m);
    signalEngine('SIGCONT');
    await until('all is stopped', async () =>
      /^shop-web-1: stopped.*\nshop-web-2: stopped/m.test(await states()),
    );
    expect(await bed.nap('start', 'shop')).toMatchObject({ exit: 0 });
    expect((await bed.nap('exec', 'web/2', 'echo', 'here')).out).toBe('here\n');
  });
}
