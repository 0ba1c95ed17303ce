import { castGrpcError } from 'etcd3';
import { isNapError, NapError } from '../errors/nap-error.js';
import { classify, type Failure, isEtcdFailure, toNapError } from './map-errors.js';

/** As grpc-js makes it: a bare Error with a code and a text. */
function grpcError(code: number, name: string, details: string): Error {
  return Object.assign(new Error(`${code} ${name}: ${details}`), { code, details });
}

const CASES: readonly (readonly [Failure, string, Error])[] = [
  [
    'unsent',
    'ETCD_UNAVAILABLE',
    grpcError(
      14,
      'UNAVAILABLE',
      'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1',
    ),
  ],
  [
    'unsent',
    'ETCD_UNAVAILABLE',
    grpcError(14, 'UNAVAILABLE', 'Name resolution failed for target dns:nowhere:2379'),
  ],
  [
    'unsent',
    'ETCD_UNAVAILABLE',
    grpcError(4, 'DEADLINE_EXCEEDED', 'Deadline exceeded after 1.500s,Waiting for LB pick'),
  ],
  ['unsent', 'ETCD_UNAVAILABLE', grpcError(14, 'UNAVAILABLE', 'etcdserver: no leader')],
  [
    'unsent',
    'ETCD_UNAVAILABLE',
    grpcError(8, 'RESOURCE_EXHAUSTED', 'etcdserver: too many requests'),
  ],
  [
    'unanswered',
    'ETCD_UNAVAILABLE',
    grpcError(4, 'DEADLINE_EXCEEDED', 'Deadline exceeded after 1.500s,remote_addr=127.0.0.1:2379'),
  ],
  ['unanswered', 'ETCD_UNAVAILABLE', grpcError(14, 'UNAVAILABLE', 'Connection dropped')],
  ['unanswered', 'ETCD_UNAVAILABLE', grpcError(14, 'UNAVAILABLE', 'etcdserver: request timed out')],
  ['unanswered', 'ETCD_UNAVAILABLE', grpcError(13, 'INTERNAL', 'Received RST_STREAM with code 2')],
  ['tokenRefused', 'ETCD_DENIED', grpcError(16, 'UNAUTHENTICATED', 'auth token refused')],
  [
    'tokenRefused',
    'ETCD_DENIED',
    grpcError(3, 'INVALID_ARGUMENT', 'etcdserver: user name is empty'),
  ],
  ['denied', 'ETCD_DENIED', grpcError(7, 'PERMISSION_DENIED', 'etcdserver: permission denied')],
  [
    'denied',
    'ETCD_DENIED',
    grpcError(
      3,
      'INVALID_ARGUMENT',
      'etcdserver: authentication failed, invalid user ID or password',
    ),
  ],
  [
    'noSpace',
    'ETCD_NO_SPACE',
    grpcError(8, 'RESOURCE_EXHAUSTED', 'etcdserver: mvcc: database space exceeded'),
  ],
  [
    'compacted',
    'ETCD_COMPACTED',
    grpcError(11, 'OUT_OF_RANGE', 'etcdserver: mvcc: required revision has been compacted'),
  ],
  [
    'leaseGone',
    'ETCD_UNAVAILABLE',
    grpcError(5, 'NOT_FOUND', 'etcdserver: requested lease not found'),
  ],
  [
    'leaseExists',
    'ETCD_UNAVAILABLE',
    grpcError(9, 'FAILED_PRECONDITION', 'etcdserver: lease already exists'),
  ],
  [
    'invalid',
    'ETCD_INVALID',
    grpcError(3, 'INVALID_ARGUMENT', 'etcdserver: duplicate key given in txn request'),
  ],
  [
    'invalid',
    'ETCD_INVALID',
    grpcError(8, 'RESOURCE_EXHAUSTED', 'grpc: received message larger than max'),
  ],
];

describe('errors of etcd', () => {
  test.each(CASES)('%s (%s): %s', (failure, code, err) => {
    for (const thrown of [err, castGrpcError(err)]) {
      expect(isEtcdFailure(thrown)).toBe(true);
      expect(classify(thrown)).toBe(failure);
      expect(toNapError(thrown, 'write', ['http://a:1']).code).toBe(code);
    }
  });

  test('a message names the endpoints and the cause, without the words of the library', () => {
    const err = castGrpcError(
      grpcError(
        14,
        'UNAVAILABLE',
        'No connection established. Last error: Error: connect ECONNREFUSED. Resolution note: ',
      ),
    );
    expect(toNapError(err, 'read', ['http://a:1', 'http://b:1']).message).toBe(
      'etcd cannot be reached at http://a:1, http://b:1 (read): connect ECONNREFUSED',
    );
  });

  test('an etcd that says nothing is told of with the time that was waited', () => {
    const text = 'Deadline exceeded after 1.499s,name resolution: 0.001s,Waiting for LB pick';
    const err = castGrpcError(grpcError(4, 'DEADLINE_EXCEEDED', text));
    expect(toNapError(err, 'read', ['http://a:1']).message).toBe(
      'etcd cannot be reached at http://a:1 (read): no answer within 1.5 s',
    );
  });

  test('an etcd without space says, command by command, how to get some', () => {
    const err = grpcError(8, 'RESOURCE_EXHAUSTED', 'etcdserver: mvcc: database space exceeded');
    const { hint } = toNapError(err, 'grant a lease', ['http://a:1']);
    expect(hint).toMatch(/etcdctl compact .*etcdctl defrag --cluster.*etcdctl alarm disarm/);
    expect(hint).toContain('nap-controller doctor');
  });

  test('a certificate that is refused is a matter of credentials', () => {
    const err = grpcError(
      14,
      'UNAVAILABLE',
      'No connection established. Last error: self-signed certificate in certificate chain',
    );
    expect(toNapError(err, 'read', ['https://a:1']).code).toBe('ETCD_DENIED');
  });

  test('a NapError stays what it is, and a bug is not taken for an outage', () => {
    const own = new NapError('ETCD_COMPACTED', 'x');
    expect(toNapError(own, 'read', [])).toBe(own);
    const bug = new TypeError('x is not a function');
    expect(isEtcdFailure(bug)).toBe(false);
    expect(() => toNapError(bug, 'read', [])).toThrow(bug);
    expect(isNapError(bug)).toBe(false);
  });
});
