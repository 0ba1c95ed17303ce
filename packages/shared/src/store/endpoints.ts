import { NapError } from '../errors/nap-error.js';
import type { StoreOptions } from './store.js';

const badConfig = (message: string, hint: string): NapError =>
  new NapError('BAD_CONFIG', message, { hint });

/** Throws BAD_CONFIG for endpoints that could never work, before anything is dialled. */
export function checkEndpoints(
  options: Pick<StoreOptions, 'endpoints' | 'tls'>,
): readonly string[] {
  const { endpoints, tls } = options;
  if (endpoints.length === 0) {
    throw badConfig('no etcd endpoint is given', 'such as http://10.0.0.5:2379');
  }
  const protocols = new Set(endpoints.map(protocolOf));
  if (protocols.size > 1) {
    throw badConfig('etcd endpoints mix http and https', 'use one of them for all endpoints');
  }
  if (protocols.has('http:') && tls !== undefined) {
    throw badConfig(
      'certificates are given for an http endpoint of etcd',
      'write the endpoints as https://…',
    );
  }
  return endpoints;
}

function protocolOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw badConfig(`${endpoint} is no etcd endpoint`, 'such as http://10.0.0.5:2379');
  }
  return url.protocol;
}

/**
 * Which endpoint is in use. Sticky: a change happens only when the one in use has failed, because picking one at random per
 * call makes a third of the calls fail while one of three members is down.
 */
export class EndpointRing {
  readonly all: readonly string[];
  private index = 0;

  constructor(all: readonly string[]) {
    this.all = all;
  }

  get current(): string {
    const endpoint = this.all[this.index % this.all.length];
    if (endpoint === undefined) throw new RangeError('an endpoint ring is never empty');
    return endpoint;
  }

  next(): void {
    this.index = (this.index + 1) % this.all.length;
  }
}
