import { API_PORT, NapError } from '@nap/shared';
import { readNamed, type EtcdFlags } from '@nap/shared/runtime';

/** Flags of the API, part of those of `nap-agent run`. */
export const apiFlags = {
  api: {
    type: 'boolean',
    default: true,
    description: 'answer operators: logs, exec, stats and the like',
  },
  'api-port': { type: 'number', default: API_PORT, description: 'port of the API; 0: any' },
  'api-listen': {
    type: 'string',
    description:
      'address of the API; default: that of this host where there is TLS, 127.0.0.1 without',
  },
  'api-insecure-listen': {
    type: 'boolean',
    default: false,
    description:
      "without TLS, listen on this host's address all the same: whoever listens in can do anything",
  },
  'api-ca': {
    type: 'string',
    description: 'who signs the certificates of operators; default: that of etcd',
  },
  'api-cert': {
    type: 'string',
    description: "certificate of the API; default: the agent's own for etcd",
  },
  'api-key': { type: 'string', description: 'key of --api-cert' },
} as const;

export interface ApiFlags {
  readonly api: boolean;
  readonly apiPort: number;
  readonly apiListen?: string | undefined;
  readonly apiInsecureListen: boolean;
  readonly apiCa?: string | undefined;
  readonly apiCert?: string | undefined;
  readonly apiKey?: string | undefined;
}

export interface ApiTls {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface ApiSettings {
  readonly listen: string;
  readonly port: number;
  /** Where callers find it. */
  readonly address: string;
  readonly tls?: ApiTls;
}

const LOOPBACK = '127.0.0.1';
const PORT_MAX = 65_535;

type Flags = ApiFlags & Pick<EtcdFlags, 'etcdCa' | 'etcdCert' | 'etcdKey'>;

/** Undefined where the operator wants no API. Reads the certificates. Throws BAD_CONFIG naming the flag. */
export async function readApiSettings(
  flags: Flags,
  hostAddress: string,
): Promise<ApiSettings | undefined> {
  if (!flags.api) return undefined;
  const { apiPort: port } = flags;
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw bad(`--api-port: ${port} is no port`, `such as ${API_PORT}`);
  }
  const tls = await readTls(flags);
  const isOpen = tls !== undefined || flags.apiInsecureListen;
  const listen = flags.apiListen ?? (isOpen ? hostAddress : LOOPBACK);
  if (!isOpen && !isLoopback(listen)) {
    throw bad(
      `--api-listen: ${listen} is no loopback address, and there is no TLS`,
      'give certificates (--api-ca, --api-cert, --api-key, or those of etcd), or insist with --api-insecure-listen',
    );
  }
  const address = listen === '0.0.0.0' || listen === '::' ? hostAddress : listen;
  return { listen, port, address, ...(tls === undefined ? {} : { tls }) };
}

const isLoopback = (address: string): boolean =>
  address.startsWith('127.') || address === '::1' || address === 'localhost';

/** All three of one's own, or what is not given from those of etcd; undefined where nothing is given at all. */
async function readTls(flags: Flags): Promise<ApiTls | undefined> {
  const { apiCert, apiKey } = flags;
  if ((apiCert === undefined) !== (apiKey === undefined)) {
    throw bad('--api-cert and --api-key go together', 'give both or neither');
  }
  const ca = flags.apiCa ?? flags.etcdCa;
  const cert = apiCert ?? flags.etcdCert;
  const key = apiKey ?? flags.etcdKey;
  if (ca === undefined || cert === undefined || key === undefined) {
    const given = flags.apiCa ?? apiCert;
    if (given === undefined) return undefined;
    throw bad(
      '--api-ca, --api-cert and --api-key go together',
      'those of etcd serve for what is not given, where they are given',
    );
  }
  const [caFlag, pairFlag] = [
    flags.apiCa === undefined ? 'etcd' : 'api',
    apiCert === undefined ? 'etcd' : 'api',
  ];
  return {
    ca: await readNamed(`${caFlag}-ca`, ca),
    cert: await readNamed(`${pairFlag}-cert`, cert),
    key: await readNamed(`${pairFlag}-key`, key),
  };
}

const bad = (message: string, hint: string): NapError =>
  new NapError('BAD_CONFIG', message, { hint });
