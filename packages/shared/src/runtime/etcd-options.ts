import { NapError } from '../errors/nap-error.js';
import { DEFAULT_ROOT } from '../schema/keys.js';
import type { StoreOptions } from '../store/store.js';
import { readNamed } from './read-named.js';

/** A flag that may be repeated: yargs gives one value or a list. */
export function toList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/**
 * How both binaries are told where etcd is: flags, `NAP_…` in the environment, or the config file, in this order. In
 * yargs' own form, as data, so that this file needs no yargs.
 */
export const etcdFlags = {
  etcd: {
    type: 'string',
    coerce: toList,
    default: 'http://127.0.0.1:2379',
    description: 'etcd endpoints, comma separated (NAP_ETCD)',
  },
  'etcd-ca': { type: 'string', description: 'file with the certificate authority of etcd' },
  'etcd-cert': { type: 'string', description: 'file with the client certificate' },
  'etcd-key': { type: 'string', description: 'file with the key of the client certificate' },
  'etcd-user': { type: 'string', description: 'user name, where etcd has password authentication' },
  'etcd-password-file': { type: 'string', description: 'file with the password of --etcd-user' },
  prefix: {
    type: 'string',
    default: DEFAULT_ROOT.replace(/\/$/, ''),
    description: 'root of all keys of nap in etcd',
  },
} as const;

/** A password is no variable either, as all that a program starts has its variables: who sets this one has meant another. */
export const UNREAD_PASSWORD = 'NAP_ETCD_PASSWORD';
export const UNREAD_PASSWORD_TEXT = `${UNREAD_PASSWORD} is not read: NAP_ETCD_PASSWORD_FILE names a file with the password`;

export interface EtcdFlags {
  readonly etcd: readonly string[];
  readonly etcdCa?: string | undefined;
  readonly etcdCert?: string | undefined;
  readonly etcdKey?: string | undefined;
  readonly etcdUser?: string | undefined;
  readonly etcdPasswordFile?: string | undefined;
  /** No flag, which every process of the machine could read: only from a file with contexts. */
  readonly etcdPassword?: string | undefined;
  readonly prefix: string;
}

function rejected(message: string, hint: string): NapError {
  return new NapError('BAD_CONFIG', message, { hint });
}

function parseEndpoints(flag: readonly string[]): string[] {
  const endpoints = flag
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter(Boolean);
  if (endpoints.length === 0)
    throw rejected('--etcd names no endpoint', 'such as http://10.0.0.5:2379');
  return endpoints.map((text) => {
    const withScheme = text.includes('://') ? text : `http://${text}`;
    if (!URL.canParse(withScheme) || !/^https?:$/.test(new URL(withScheme).protocol)) {
      throw rejected(`--etcd: ${text} is no endpoint`, 'such as http://10.0.0.5:2379');
    }
    const url = new URL(withScheme);
    return `${url.protocol}//${url.hostname}:${url.port || '2379'}`;
  });
}

/** What can be said of them without reading a file: returns the endpoints. Throws BAD_CONFIG naming the flag. */
export function checkEtcdFlags(flags: EtcdFlags): string[] {
  const { etcdCert, etcdKey, etcdUser, etcdPasswordFile } = flags;
  if ((etcdCert === undefined) !== (etcdKey === undefined)) {
    throw rejected('--etcd-cert and --etcd-key go together', 'give both or neither');
  }
  const hasPassword = etcdPasswordFile !== undefined || flags.etcdPassword !== undefined;
  if ((etcdUser !== undefined) !== hasPassword) {
    throw rejected('--etcd-user and --etcd-password-file go together', 'give both or neither');
  }
  return parseEndpoints(flags.etcd);
}

/** Reads the certificate and password files. Throws BAD_CONFIG naming the flag. */
export async function readStoreOptions(flags: EtcdFlags): Promise<StoreOptions> {
  const { etcdCa, etcdCert, etcdKey, etcdUser } = flags;
  const endpoints = checkEtcdFlags(flags);
  const tls = {
    ...(etcdCa === undefined ? {} : { ca: await readNamed('etcd-ca', etcdCa) }),
    ...(etcdCert === undefined ? {} : { cert: await readNamed('etcd-cert', etcdCert) }),
    ...(etcdKey === undefined ? {} : { key: await readNamed('etcd-key', etcdKey) }),
  };
  return {
    endpoints,
    root: flags.prefix,
    ...(Object.keys(tls).length > 0 ? { tls } : {}),
    ...(etcdUser === undefined
      ? {}
      : { user: { name: etcdUser, password: await readPassword(flags) } }),
  };
}

async function readPassword({ etcdPassword, etcdPasswordFile }: EtcdFlags): Promise<string> {
  if (etcdPasswordFile === undefined) return etcdPassword ?? '';
  return (await readNamed('etcd-password-file', etcdPasswordFile)).toString('utf8').trimEnd();
}
