import { isNapError } from '../errors/nap-error.js';
import { checkEndpoints, EndpointRing } from './endpoints.js';
import { KeySpace } from './key-range.js';

/** The message of the BAD_CONFIG that it throws. */
function configError(act: () => unknown): string {
  try {
    act();
    return 'nothing was thrown';
  } catch (err) {
    if (isNapError(err, 'BAD_CONFIG')) return err.message;
    throw err;
  }
}

describe('etcd endpoints', () => {
  const refused: readonly (readonly [string, Parameters<typeof checkEndpoints>[0], string])[] = [
    ['none at all', { endpoints: [] }, 'no etcd endpoint'],
    ['no scheme', { endpoints: ['10.0.0.5:2379'] }, '10.0.0.5:2379 is no etcd endpoint'],
    ['another scheme', { endpoints: ['ftp://a:1'] }, 'ftp://a:1 is no etcd endpoint'],
    ['http and https', { endpoints: ['http://a:1', 'https://b:1'] }, 'mix http and https'],
    ['certificates over http', { endpoints: ['http://a:1'], tls: {} }, 'certificates are given'],
  ];

  test.each(refused)('%s is refused as BAD_CONFIG', (_name, options, message) => {
    expect(configError(() => checkEndpoints(options))).toContain(message);
  });

  test('are used in turn, the first one first', () => {
    const ring = new EndpointRing(['a', 'b']);
    const seen = [ring.current, ring.current];
    ring.next();
    seen.push(ring.current);
    ring.next();
    seen.push(ring.current);
    expect(seen).toEqual(['a', 'a', 'b', 'a']);
  });
});

describe('key space', () => {
  test('adds the root on the way in and takes it off on the way out', () => {
    const keySpace = new KeySpace('/nap/v1');
    expect(keySpace.toEtcd('a/b').toString()).toBe('/nap/v1/a/b');
    expect(keySpace.fromEtcd(Buffer.from('/nap/v1/a/b'))).toBe('a/b');
  });

  test('a prefix ends where its keys end', () => {
    const keySpace = new KeySpace('/nap/');
    expect(keySpace.range('a/').end?.toString()).toBe('/nap/a0');
    expect(keySpace.range('').end?.toString()).toBe('/nap0');
    expect(keySpace.range('leader').end).toBeUndefined();
  });

  test('an empty root is refused: everything in etcd would be ours', () => {
    expect(configError(() => new KeySpace(''))).toContain('root prefix');
  });
});
