import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { messageOf, NapError, type HostApi, type HostId } from '@nap/shared';
import { withDeadline } from '@nap/shared/runtime';

/** What the operator shows to agents. */
export interface Credentials {
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

const CONNECT_WITHIN_MS = 5_000;
/** Silence of a peer is looked into after this long. */
const KEEP_ALIVE_MS = 5_000;

/**
 * A connection to the agent that etcd names, and to no other: nothing is sent before it has proven to have the key of its
 * certificate. Throws AGENT_UNAVAILABLE, AGENT_DENIED.
 */
export async function connectTo(
  host: HostId,
  api: HostApi,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Socket> {
  const onPassed = (cause: unknown): NapError =>
    unreachable(host, api, `no connection within ${CONNECT_WITHIN_MS / 1000} s`, cause);
  const options = { ms: CONNECT_WITHIN_MS, parent: signal, onPassed };
  return withDeadline(options, async (inTime) => {
    const socket = open(host, api, credentials);
    const close = (): void => void socket.destroy();
    inTime.addEventListener('abort', close, { once: true });
    try {
      await established(socket, host, api);
    } finally {
      inTime.removeEventListener('abort', close);
    }
    return socket;
  });
}

function open(host: HostId, api: HostApi, credentials: Credentials): Socket | TLSSocket {
  const { hostname, port } = new URL(api.url);
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), noDelay: true };
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if (api.kind === 'token') return connectPlain({ ...to, ...keepAlive });
  const { cert, key } = credentials;
  if (cert === undefined || key === undefined) {
    throw new NapError('AGENT_DENIED', `${host}: its agent asks for a client certificate`, {
      hint: 'give one of the cluster with --etcd-cert and --etcd-key, or --api-cert and --api-key',
    });
  }
  // Not authorities and names: the digest in etcd says more than they could, see docs/adr/0012-agent-api.md.
  const socket = connectTls({ ...to, cert, key, rejectUnauthorized: false });
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

function established(socket: Socket | TLSSocket, host: HostId, api: HostApi): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (err?: Error): void => {
      socket.destroy();
      reject(unreachable(host, api, err === undefined ? 'it hung up' : messageOf(err), err));
    };
    socket.once('error', fail);
    socket.once('close', fail);
    socket.once(api.kind === 'tls' ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail);
      socket.off('close', fail);
      if (api.kind === 'token' || digestOf(socket) === api.certificate) {
        resolve();
        return;
      }
      socket.destroy();
      reject(
        new NapError(
          'AGENT_DENIED',
          `${host}: what answers at ${api.url} is not its agent: it shows another certificate than the one in etcd`,
          {
            hint: 'an agent with a new certificate has to be restarted: systemctl restart nap-agent',
          },
        ),
      );
    });
  });
}

function digestOf(socket: Socket | TLSSocket): string | undefined {
  if (!('getPeerX509Certificate' in socket)) return undefined;
  return socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Of an agent that takes the connection and says nothing: neither a firewall nor a host that is off does that. */
export const hangs = (host: HostId, api: HostApi, why: string, cause: unknown): NapError =>
  new NapError('AGENT_UNAVAILABLE', `${host}: its agent does not answer at ${api.url}: ${why}`, {
    hint: `it was reached, and may hang: journalctl -u nap-agent on ${host}; a restart of nap-agent there stops no container`,
    cause,
  });

/** In words that begin with the host: it may be one of many. */
export function unreachable(host: HostId, api: HostApi, why: string, cause?: unknown): NapError {
  const isTokenOnly = /^http:\/\/(127\.|localhost|\[::1\])/.test(api.url);
  return new NapError(
    'AGENT_UNAVAILABLE',
    `${host}: its agent does not answer at ${api.url}: ${why}`,
    {
      hint: isTokenOnly
        ? `it listens on its own loopback only, as there is no TLS: run this on ${host}, or give the agents certificates`
        : `nap-controller host ls says whether ${host} is away; journalctl -u nap-agent there; a firewall must let the port through`,
      cause,
    },
  );
}
