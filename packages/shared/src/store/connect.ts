import { createRequire } from 'node:module';
import { rootCertificates } from 'node:tls';
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import type Cockatiel from 'cockatiel';
import { Etcd3, type IOptions } from 'etcd3';
import { STORE_LIMITS } from './limits.js';
import type { StoreOptions } from './store.js';
import type { Tokens } from './tokens.js';

// As etcd3 loads it: imported, it would be there twice, and every start of a command would pay for that.
const { noop } = createRequire(import.meta.url)('cockatiel') as typeof Cockatiel;

/**
 * Two headers on every call and stream:
 * - `hasleader` (unless how a member is without one is what is asked) makes a member that lost its majority refuse at once, and end watches, instead of going silent;
 * - `token` is ours instead of the library's own, whose streams never renew it and whose client ignores every option.
 * The refusal of a token is reworded, because on its own wording the library repeats the call without an end.
 */
function headers(tokens: Tokens, needsLeader: boolean): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        if (needsLeader) metadata.set('hasleader', 'true');
        const withToken = !options.method_definition.path.endsWith('/Authenticate');
        if (withToken && tokens.current !== undefined) metadata.set('token', tokens.current);
        next(metadata, {
          onReceiveStatus: (status, nextStatus) => {
            const isToken = status.details.includes('invalid auth token');
            nextStatus(isToken ? { ...status, details: 'auth token refused' } : status);
          },
        });
      },
    });
}

function credentials(tls: StoreOptions['tls']): Pick<IOptions, 'credentials'> {
  if (tls === undefined) return {};
  return {
    credentials: {
      rootCertificate: tls.ca ?? Buffer.from(rootCertificates.join('\n')),
      ...(tls.key === undefined ? {} : { privateKey: tls.key }),
      ...(tls.cert === undefined ? {} : { certChain: tls.cert }),
    },
  };
}

/**
 * The only place that makes an Etcd3. One endpoint each, so that we decide when to change it; no policies, since the
 * library's own repeat writes blindly and let one bad call blind a healthy client; pings, since without them a dead peer
 * is never noticed. Every unary call is given its deadline by `calls.ts`.
 */
export function connect(
  endpoint: string,
  options: Pick<StoreOptions, 'tls' | 'patience'>,
  tokens: Tokens,
  { needsLeader = true }: { readonly needsLeader?: boolean } = {},
): Etcd3 {
  const { patience = 1 } = options;
  return new Etcd3({
    hosts: endpoint,
    ...credentials(options.tls),
    faultHandling: { host: () => noop, global: noop },
    grpcOptions: {
      'grpc.keepalive_time_ms': STORE_LIMITS.tcpPingEveryMs * patience,
      'grpc.keepalive_timeout_ms': STORE_LIMITS.tcpPingTimeoutMs * patience,
      'grpc.keepalive_permit_without_calls': 0,
      'grpc.initial_reconnect_backoff_ms': STORE_LIMITS.tcpReconnect.firstMs,
      'grpc.max_reconnect_backoff_ms': STORE_LIMITS.tcpReconnect.maxMs,
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
      // A proxy of the environment is for the web, not for etcd; grpc-js would send everything through it.
      'grpc.enable_http_proxy': 0,
      interceptors: [headers(tokens, needsLeader)],
    },
  });
}
