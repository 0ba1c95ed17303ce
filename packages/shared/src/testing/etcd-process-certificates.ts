import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Certificates {
  readonly caFile: string;
  readonly ca: Buffer;
  /** For loopback, by name and address. */
  readonly server: Certificate;
  /** By common name, which is the etcd user. */
  client(commonName: string): Certificate;
}

const VALID_DAYS = '2';

async function openssl(directory: string, ...args: readonly string[]): Promise<void> {
  await run('openssl', [...args], { cwd: directory });
}

async function newKey(directory: string, name: string): Promise<void> {
  await openssl(
    directory,
    ...'ecparam -name prime256v1 -genkey -noout -out'.split(' '),
    `${name}.key`,
  );
}

async function issue(directory: string, name: string, extensions: string): Promise<Certificate> {
  await newKey(directory, name);
  await openssl(
    directory,
    'req',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    `/CN=${name}`,
    '-out',
    `${name}.csr`,
  );
  await writeFile(join(directory, `${name}.ext`), extensions);
  await openssl(
    directory,
    ...[
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
    ],
    ...['-days', VALID_DAYS, '-extfile', `${name}.ext`, '-out', `${name}.crt`],
  );
  const certFile = join(directory, `${name}.crt`);
  const keyFile = join(directory, `${name}.key`);
  return { certFile, keyFile, cert: await readFile(certFile), key: await readFile(keyFile) };
}

/** A certificate authority of its own with a server certificate and one for every client. */
export async function makeCertificates(
  directory: string,
  commonNames: readonly string[],
): Promise<Certificates> {
  await newKey(directory, 'ca');
  await openssl(
    directory,
    ...['req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=nap test authority'],
    ...['-days', VALID_DAYS, '-out', 'ca.crt'],
  );
  // etcd uses its server certificate as a client as well, for its own gateway.
  const server = await issue(
    directory,
    'server',
    'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n',
  );
  const clients = new Map<string, Certificate>();
  for (const name of commonNames) {
    clients.set(name, await issue(directory, name, 'extendedKeyUsage=clientAuth\n'));
  }
  const caFile = join(directory, 'ca.crt');
  return {
    caFile,
    ca: await readFile(caFile),
    server,
    client: (commonName) => {
      const found = clients.get(commonName);
      if (found === undefined) throw new RangeError(`no certificate was made for ${commonName}`);
      return found;
    },
  };
}
