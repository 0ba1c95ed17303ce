import { z } from 'zod';
import { isNapError, messageOf, NapError } from '@nap/shared';
import type { RegistryLogin } from '../docker/docker-port.js';
import { registryOf } from '../docker/map-errors.js';
import { parseJson } from './parse-json.js';

export interface FoundLogin {
  /** Absent: the registry is asked without. */
  readonly login?: RegistryLogin;
  /** Why there is none although there should be; for people, without secrets. */
  readonly problem?: string;
}

/** What this host knows about registries; looked up anew for each pull, as `docker login` may have been there. */
export interface RegistryLogins {
  for(image: string): Promise<FoundLogin>;
}

export interface LoginSources {
  /** Text of Docker's config.json; undefined when there is none. */
  readonly readConfig: () => Promise<string | undefined>;
  /** `docker-credential-<helper> get`: undefined when it knows no login for the server. Throws a NapError. */
  readonly askHelper: (helper: string, server: string) => Promise<HelperAnswer | undefined>;
}

export interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

const entrySchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const configSchema = z.object({
  auths: z.record(z.string(), entrySchema).optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
type Config = z.infer<typeof configSchema>;
type Entry = z.infer<typeof entrySchema>;

/** Docker's own registry goes by this name in its configuration. */
const HUB = 'https://index.docker.io/v1/';
/** A helper says by this user name that the secret is a token. */
const TOKEN_USER = '<token>';

/** The logins of Docker's own configuration, with the rules of its command line client. */
export function dockerLogins(sources: LoginSources): RegistryLogins {
  return {
    for: async (image) => {
      const registry = registryOf(image);
      const server = registry === 'docker.io' ? HUB : registry;
      try {
        const config = parseConfig(await sources.readConfig());
        const login = await findLogin(config, server, sources);
        return login === undefined ? {} : { login };
      } catch (err) {
        if (!isNapError(err)) throw err;
        return { problem: messageOf(err) };
      }
    },
  };
}

function parseConfig(text: string | undefined): Config {
  if (text === undefined || text.trim() === '') return {};
  const parsed = configSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new NapError('BAD_CONFIG', "Docker's config.json on this host cannot be read");
}

async function findLogin(
  config: Config,
  server: string,
  { askHelper }: LoginSources,
): Promise<RegistryLogin | undefined> {
  const helper = lookUp(config.credHelpers, server) ?? config.credsStore;
  if (helper !== undefined && helper !== '') {
    const answer = await askHelper(helper, server);
    if (answer !== undefined) return loginOfHelper(answer, server);
  }
  const entry = lookUp(config.auths, server);
  return entry === undefined ? undefined : loginOfEntry(entry, server);
}

/** By the very name, otherwise by the same host: older clients have written whole addresses. */
function lookUp<T>(
  entries: Readonly<Record<string, T>> | undefined,
  server: string,
): T | undefined {
  if (entries === undefined) return undefined;
  const found = Object.entries(entries);
  const [, exact] = found.find(([key]) => key === server) ?? [];
  if (exact !== undefined) return exact;
  const [, similar] = found.find(([key]) => hostOf(key) === hostOf(server)) ?? [];
  return similar;
}

function hostOf(server: string): string {
  const [host = ''] = server.replace(/^https?:\/\//, '').split('/');
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

function loginOfHelper({ username, secret }: HelperAnswer, server: string): RegistryLogin {
  return username === TOKEN_USER
    ? { server, token: secret }
    : { server, username, password: secret };
}

function loginOfEntry(entry: Entry, server: string): RegistryLogin | undefined {
  if (entry.identitytoken !== undefined) return { server, token: entry.identitytoken };
  const text = Buffer.from(entry.auth ?? '', 'base64').toString('utf8');
  const at = text.indexOf(':');
  const username = at > 0 ? text.slice(0, at) : entry.username;
  // Old clients have padded the password.
  const password = at > 0 ? text.slice(at + 1).replace(/\0+$/, '') : entry.password;
  if (username === undefined || password === undefined) return undefined;
  return { server, username, password };
}
