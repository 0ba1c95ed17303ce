import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { hostId, NapError } from '@nap/shared';
import { AgentClient } from './agent-client.js';

/** Takes connections, as the kernel does for a process that is stopped, and never says a word. */
let server: Server;
let connections: Promise<Socket>;
let client: AgentClient;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  connections = once(server, 'connection').then(([socket]) => socket as Socket);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new AgentClient(hostId('host-a'), { kind: 'token', url, token: 't' }, {});
});

afterEach(async () => {
  (await connections).destroy();
  server.close();
});

const hungUp = async (): Promise<void> => {
  const connection = await connections;
  connection.resume();
  if (!connection.closed) await once(connection, 'close');
};

it('waits for an agent that hangs no longer for a session than for an answer, and hangs up', async () => {
  const { signal } = new AbortController();
  await expect(client.socket('/exec', signal, 100)).rejects.toMatchObject({
    code: 'AGENT_UNAVAILABLE',
    message: expect.stringMatching(/^host-a: .*: no answer within 0.1 s$/) as string,
    hint: expect.stringContaining('it was reached, and may hang') as string,
  });
  await hungUp();
});

it('breaks off a session that is being opened when it is told to', async () => {
  const stop = new AbortController();
  const opening = expect(client.socket('/exec', stop.signal)).rejects.toThrow('interrupted');
  await connections;
  setTimeout(() => {
    stop.abort(new NapError('INTERRUPTED', 'interrupted'));
  }, 50);
  await opening;
  await hungUp();
});
