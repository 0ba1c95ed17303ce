import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDocker } from './dockerode-gateway.js';

/** Tells of an event stream, and of everything else half of the answer. */
async function halfAnsweringEngine(socket: string): Promise<Server> {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write(request.url?.includes('/events') === true ? '' : '{"Id": "');
    response.flushHeaders();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return server;
}

it('what was asked of an engine that goes away in the middle of its answer fails at once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nap-half-'));
  const socket = join(dir, 'docker.sock');
  const server = await halfAnsweringEngine(socket);
  const docker = openDocker(socket);
  const { signal } = new AbortController();
  let asked: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    const onOpen = (): void => {
      asked = docker.inspect('shop-web-1');
      asked.catch(() => undefined);
      setTimeout(resolve, 100);
    };
    docker.events({ onOpen, onEvent: () => undefined }, { signal }).catch(() => undefined);
  });
  server.closeAllConnections();
  await expect(asked).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
  server.close();
  await rm(dir, { recursive: true });
}, 10_000);
