import { isAddressRefused, mapEngineError, registryOf } from './map-errors.js';

const engineError = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) ${message}`), {
    statusCode,
    json: { message },
  });
const socketError = Object.assign(new Error('connect ENOENT /var/run/docker.sock'), {
  syscall: 'connect',
});

const ENDPOINT = 'driver failed programming external connectivity on endpoint shop-web-1 (1f0c):';

describe("the engine's errors", () => {
  const asked = { what: 'start container x' };

  it.each([
    ['of a container', `${ENDPOINT} Bind for 0.0.0.0:8080 failed: port is already allocated`],
    [
      'of a process',
      `${ENDPOINT} Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use`,
    ],
    [
      'of a process, on IPv6',
      `${ENDPOINT} Error starting userland proxy: listen tcp6 [::]:8080: bind: address already in use`,
    ],
    [
      'of a process, as newer engines say it',
      'failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use',
    ],
  ])('name the port that is taken: %s', (_whose, text) => {
    const mapped = mapEngineError(engineError(500, text), asked);
    expect(mapped).toMatchObject({
      code: 'DOCKER_REFUSED',
      message: 'cannot start container x: port 8080 of this host is taken by something else',
      hint: expect.stringContaining('sport = :8080') as string,
      details: { port: '8080' },
    });
    expect(isAddressRefused(mapped)).toBe(false);
  });

  it.each([
    'Address already in use',
    'failed to set up container networking: Address already in use',
    "Invalid address 10.5.9.4: It does not belong to any of this network's subnets",
  ])('tell an address that cannot be had from a port: %s', (text) => {
    const mapped = mapEngineError(engineError(403, text), asked);
    expect(mapped.code).toBe('DOCKER_REFUSED');
    expect(mapped.message).toContain(text);
    expect(mapped.details).not.toHaveProperty('port');
    expect(isAddressRefused(mapped)).toBe(true);
  });

  it.each([
    [409, 'Conflict. The container name "/x" is already in use', 'DOCKER_CONFLICT'],
    [404, 'No such container: x', 'DOCKER_NOT_FOUND'],
    [400, 'invalid reference format', 'DOCKER_REFUSED'],
    [500, 'transport is closing: unavailable', 'DOCKER_UNAVAILABLE'],
    [500, 'context canceled', 'DOCKER_UNAVAILABLE'],
  ])('%s %s', (status, text, code) => {
    const mapped = mapEngineError(engineError(status, text), asked);
    expect(mapped.code).toBe(code);
    expect(mapped.message).toBe(`cannot start container x: ${text}`);
    expect(isAddressRefused(mapped)).toBe(false);
  });

  it.each(['Requested', 'requested'])('say what to do about a cpuset: %s', (first) => {
    const text = `${first} CPUs are not available - requested 0-31, available: 0-1`;
    expect(mapEngineError(engineError(400, text), asked)).toMatchObject({
      code: 'DOCKER_REFUSED',
      message: 'cannot start container x: its cpuset is 0-31, and this host has the CPUs 0-1',
      hint: expect.stringContaining('deploy.placement.constraints') as string,
    });
  });

  it('say that the engine does not answer', () => {
    expect(mapEngineError(socketError, asked)).toMatchObject({
      code: 'DOCKER_UNAVAILABLE',
      message: expect.stringContaining('dockerd does not answer') as string,
    });
  });

  it('are mapped once', () => {
    const mapped = mapEngineError(socketError, asked);
    expect(mapEngineError(mapped, { what: 'do something else' })).toBe(mapped);
  });
});

describe("the engine's errors of a pull", () => {
  const TLS = 'reg.example:5000/tls-proxy:1';
  it.each([
    [
      'nginx:nope',
      404,
      'manifest for nginx:nope not found: manifest unknown: manifest unknown',
      'IMAGE_NOT_FOUND',
    ],
    [
      'nope',
      404,
      "pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      'IMAGE_NOT_FOUND',
    ],
    [
      'box:1',
      404,
      'no matching manifest for linux/arm64/v8 in the manifest list entries',
      'IMAGE_NOT_FOUND',
    ],
    [
      TLS,
      404,
      "pull access denied for reg.example:5000/tls-proxy, repository does not exist or may require 'docker login'",
      'IMAGE_NOT_FOUND',
    ],
    [
      TLS,
      500,
      'Head "https://reg.example:5000/v2/tls-proxy/manifests/1": unauthorized: authentication required',
      'IMAGE_DENIED',
    ],
    [
      TLS,
      500,
      'Get "https://reg.example:5000/v2/tls-proxy/manifests/1": no basic auth credentials',
      'IMAGE_DENIED',
    ],
    ['box:1', 500, 'denied: requested access to the resource is denied', 'IMAGE_DENIED'],
    [
      'reg.example/box:1',
      500,
      'Get "https://reg.example/v2/": dial tcp: lookup reg.example on 10.0.0.2:53: no such host',
      'REGISTRY_UNREACHABLE',
    ],
    [
      'reg.example/box:1',
      500,
      'Get "http://reg.example/v2/": dial tcp 10.0.0.9:80: connect: connection refused',
      'REGISTRY_UNREACHABLE',
    ],
    [
      'reg.example/box:1',
      500,
      'Get "https://reg.example/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
      'REGISTRY_UNREACHABLE',
    ],
    [
      'reg.example/box:1',
      500,
      'Get "https://reg.example/v2/": x509: certificate signed by unknown authority',
      'REGISTRY_UNREACHABLE',
    ],
    [
      'reg.example/box:1',
      500,
      'Get "https://reg.example/v2/": http: server gave HTTP response to HTTPS client',
      'REGISTRY_UNREACHABLE',
    ],
    ['box:1', 500, 'toomanyrequests: You have reached your pull rate limit', 'DOCKER_REFUSED'],
  ])('%s: %s %s', (image, status, text, code) => {
    const mapped = mapEngineError(engineError(status, text), { what: 'pull', image });
    expect(mapped.code).toBe(code);
    expect(mapped.message).toContain(image);
    expect(mapped.message).toContain(text);
    expect(mapped.details).toEqual({ image, registry: registryOf(image) });
  });

  it('say what to do about an image that is refused, and about one that is missing', () => {
    const hintOf = (text: string): string | undefined =>
      mapEngineError(engineError(500, text), { what: 'pull', image: 'box:1' }).hint;
    expect(hintOf('unauthorized: authentication required')).toContain('docker login');
    expect(hintOf('manifest unknown')).toContain('name and tag');
  });

  it('tell an engine that does not answer from a registry that does not', () => {
    expect(mapEngineError(socketError, { what: 'pull', image: 'box:1' })).toMatchObject({
      code: 'DOCKER_UNAVAILABLE',
      message: expect.stringContaining('dockerd does not answer') as string,
    });
  });
});

describe('the registry of an image', () => {
  it.each([
    ['nginx', 'docker.io'],
    ['library/nginx:1', 'docker.io'],
    ['quay.io/a/b', 'quay.io'],
    ['localhost/x', 'localhost'],
    ['reg:5000/x@sha256:00', 'reg:5000'],
  ])('%s: %s', (image, registry) => {
    expect(registryOf(image)).toBe(registry);
  });
});
