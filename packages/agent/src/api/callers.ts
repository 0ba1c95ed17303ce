import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { API_HEADER, NapError, type HostId } from '@nap/shared';

/** Who calls, for the agent's log. Throws AGENT_DENIED for who may not, and NOT_FOUND for who means another host. */
export function checkCaller(
  request: IncomingMessage,
  host: HostId,
  token: string | undefined,
): string {
  const caller = token === undefined ? certificateOf(request) : tokenOf(request, token);
  const meant = request.headers[API_HEADER.host];
  if (meant !== undefined && meant !== host) {
    throw new NapError('NOT_FOUND', `this is host ${host}, not ${String(meant)}`, {
      hint: 'the address that etcd has for it leads here: see nap-controller host ls',
    });
  }
  return caller;
}

/** Any certificate of the authority: see docs/agent-api.md. */
function certificateOf({ socket }: IncomingMessage): string {
  // The handshake has refused others already; here again, because all depends on it.
  if (!(socket instanceof TLSSocket) || !socket.authorized) {
    throw new NapError('AGENT_DENIED', 'no valid client certificate was shown', {
      hint: 'give one of the cluster with --etcd-cert and --etcd-key',
    });
  }
  const { CN } = socket.getPeerCertificate().subject;
  return [CN].flat().join(', ');
}

function tokenOf({ headers }: IncomingMessage, token: string): string {
  const [, shown = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(shown), digest(token))) return 'who can read etcd';
  throw new NapError('AGENT_DENIED', 'the token is not the one that this agent has put into etcd', {
    hint: 'the agent makes a new one at every start: run the command again',
  });
}
