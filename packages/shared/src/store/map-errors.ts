import {
  castGrpcError,
  ClientClosedError,
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCAlreadyExistsError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCFailedPreconditionError,
  GRPCGenericError,
  GRPCInvalidArgumentError,
  GRPCOutOfRangeError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
} from 'etcd3';
import { isNapError, NapError } from '../errors/nap-error.js';

/**
 * What a failed call means for the caller. `unsent` is the only failure after which a write may be repeated without a
 * thought: etcd has provably not executed it.
 */
export type Failure =
  | 'unsent'
  | 'unanswered'
  | 'tokenRefused'
  | 'denied'
  | 'noSpace'
  | 'compacted'
  | 'leaseGone'
  | 'leaseExists'
  | 'invalid';

/** grpc-js and etcd say it in words only; etcd's "no leader" is its check of the `hasleader` header, before execution. */
const UNSENT =
  /No connection established|Name resolution failed|Waiting for LB pick|Channel (closed|has been shut down)|Failed to parse DNS address|Subchannel not ready|Stream refused by server|etcdserver: no leader|etcdserver: too many requests/i;
const TOKEN =
  /invalid auth token|auth token refused|revision of auth store is old|user name is empty/i;
const DENIED =
  /user name not found|password is given in the request|authentication failed|permission denied|user name is not specified/i;
const CERTIFICATE =
  /certificate|self.signed|altname|unable to verify|bad record|wrong version number|SSL alert|SSL routines/i;
const NO_SPACE = /database space exceeded|no space/i;
const LEASE_GONE = /lease not found/i;
const LEASE_EXISTS = /lease already exists/i;
const COMPACTED = /has been compacted/i;

type ErrorClass = abstract new (...args: never[]) => Error;

const BY_TEXT: readonly (readonly [RegExp, Failure])[] = [
  [TOKEN, 'tokenRefused'],
  [NO_SPACE, 'noSpace'],
  [COMPACTED, 'compacted'],
  [LEASE_GONE, 'leaseGone'],
  [LEASE_EXISTS, 'leaseExists'],
  [DENIED, 'denied'],
  [UNSENT, 'unsent'],
];

const BY_CLASS: readonly (readonly [ErrorClass, Failure])[] = [
  [ClientClosedError, 'unsent'],
  [EtcdInvalidAuthTokenError, 'tokenRefused'],
  [GRPCUnauthenticatedError, 'tokenRefused'],
  [EtcdAuthenticationFailedError, 'denied'],
  [EtcdPermissionDeniedError, 'denied'],
  [EtcdLeaseInvalidError, 'leaseGone'],
  [GRPCAlreadyExistsError, 'leaseExists'],
  [GRPCDeadlineExceededError, 'unanswered'],
  [GRPCCancelledError, 'unanswered'],
  // Too large to send, or refused for its form: asking again changes nothing.
  [GRPCResourceExhastedError, 'invalid'],
  [GRPCInvalidArgumentError, 'invalid'],
  [GRPCOutOfRangeError, 'invalid'],
  [GRPCFailedPreconditionError, 'invalid'],
];

/** Text of a gRPC error without the class, the code and the phrases that the libraries put around it. */
export function grpcMessage(err: Error): string {
  return err.message
    .replace(/^(?:\w+Error: )?\d+ [A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/\.? ?Resolution note: $/, '')
    .replace(
      /^Deadline exceeded after ([\d.]+)s\b.*$/,
      (_all, seconds: string) => `no answer within ${Number(Number(seconds).toFixed(1))} s`,
    );
}

export function classify(err: Error): Failure {
  const typed = castGrpcError(err);
  const byText = BY_TEXT.find(([pattern]) => pattern.test(typed.message));
  if (byText !== undefined) return byText[1];
  return BY_CLASS.find(([errorClass]) => typed instanceof errorClass)?.[1] ?? 'unanswered';
}

/** True for what gRPC or etcd reported; anything else that is thrown is a bug and must not be taken for an outage. */
export function isEtcdFailure(err: unknown): err is Error {
  if (!(err instanceof Error) || isNapError(err)) return false;
  const typed = castGrpcError(err);
  const isBare = typed.constructor === GRPCGenericError;
  return (
    !isBare &&
    (typed instanceof GRPCGenericError || /^(Etcd|ClientClosed)/.test(typed.constructor.name))
  );
}

/** An attempt that its own deadline ended: nobody has said a word. */
export const isDeadlineExceeded = (err: Error): boolean =>
  castGrpcError(err) instanceof GRPCDeadlineExceededError;

function hintFor(failure: Failure, text: string): string {
  if (CERTIFICATE.test(text))
    return 'check the certificate authority, client certificate and host name';
  switch (failure) {
    case 'unsent':
    case 'unanswered':
      return 'check that etcd runs there and that this host can reach it';
    case 'tokenRefused':
    case 'denied':
      return 'check the user, its password or certificate, and the rights of its role';
    case 'noSpace':
      return 'etcdctl compact REVISION, etcdctl defrag --cluster, then etcdctl alarm disarm; see nap-controller doctor';
    case 'compacted':
    case 'leaseGone':
    case 'leaseExists':
      return 'try again';
    case 'invalid':
      return 'this is a bug in nap, or a value beyond the limits of etcd';
  }
}

const CODE = {
  unsent: 'ETCD_UNAVAILABLE',
  unanswered: 'ETCD_UNAVAILABLE',
  tokenRefused: 'ETCD_DENIED',
  denied: 'ETCD_DENIED',
  noSpace: 'ETCD_NO_SPACE',
  compacted: 'ETCD_COMPACTED',
  // The lease has ended; its session is granting a new one at this moment.
  leaseGone: 'ETCD_UNAVAILABLE',
  leaseExists: 'ETCD_UNAVAILABLE',
  invalid: 'ETCD_INVALID',
} as const satisfies Record<Failure, string>;

/** The NapError for a failed call; `endpoints` are the ones that were tried, `what` is the call, for a person. */
export function toNapError(err: unknown, what: string, endpoints: readonly string[]): NapError {
  if (isNapError(err)) return err;
  if (!isEtcdFailure(err)) throw err;
  const failure = classify(err);
  const text = grpcMessage(err);
  const code = CERTIFICATE.test(text) ? 'ETCD_DENIED' : CODE[failure];
  const where = endpoints.join(', ');
  const message =
    code === 'ETCD_UNAVAILABLE' && failure !== 'leaseGone'
      ? `etcd cannot be reached at ${where} (${what}): ${text}`
      : `etcd at ${where} refused to ${what}: ${text}`;
  return new NapError(code, message, {
    hint: hintFor(failure, text),
    cause: err,
    details: { endpoints, failure },
  });
}
