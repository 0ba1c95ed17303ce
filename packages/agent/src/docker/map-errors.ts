import { isNapError, messageOf, NapError, type ErrorCode } from '@nap/shared';

/** What was asked of the engine, for the sentence. */
export interface Asked {
  /** A verb with its object: `start container shop-web-1`. */
  readonly what: string;
  readonly image?: string;
}

interface EngineAnswer {
  readonly statusCode: number | undefined;
  readonly text: string;
}

/** What dockerode puts before the engine's own words. */
const PREFIX = /^\(HTTP code \d+\) [a-z ]+ - /;

/** What the engine has answered, such as 304 where it was so already, 404 where something is not there. */
export const isStatus = (err: unknown, ...statuses: readonly number[]): boolean => {
  const { statusCode } = answerOf(err);
  return statusCode !== undefined && statuses.includes(statusCode);
};

function answerOf(err: unknown): EngineAnswer {
  const fields: object = typeof err === 'object' && err !== null ? err : {};
  const statusCode =
    'statusCode' in fields && typeof fields.statusCode === 'number' ? fields.statusCode : undefined;
  const json = 'json' in fields ? fields.json : undefined;
  const told =
    typeof json === 'object' && json !== null && 'message' in json ? json.message : undefined;
  return {
    statusCode,
    text: typeof told === 'string' ? told : messageOf(err).replace(PREFIX, '').trim(),
  };
}

const PORT = /[\d.\]]:(\d+)\b.*(?:port is already allocated|address already in use)/;

/** Only of an address that was asked for; the engine's own choices are always free. A port's text is in lower case. */
const ADDRESS = /Address already in use|does not belong to any of this network's subnets/;

/** Of a host with as many CPUs, as was planned, but with others. */
const CPUSET = /requested CPUs are not available - requested (\S+), available: (\S+)/i;

/** True when the engine does not give a container the address that it was created with, and never will. */
export const isAddressRefused = (err: NapError): boolean =>
  err.details['isAddressRefused'] === true;

/** The engine's words → a code and a sentence with a way out. */
export function mapEngineError(err: unknown, asked: Asked): NapError {
  if (isNapError(err)) return err;
  const { statusCode, text } = answerOf(err);
  if (asked.image !== undefined) return mapImageError(err, text, statusCode, asked.image);
  if (statusCode === undefined) {
    return new NapError(
      'DOCKER_UNAVAILABLE',
      `cannot ${asked.what}: dockerd does not answer: ${text}`,
      {
        cause: err,
        hint: 'systemctl status docker',
      },
    );
  }
  const [, port] = PORT.exec(text) ?? [];
  if (port !== undefined) {
    return new NapError(
      'DOCKER_REFUSED',
      `cannot ${asked.what}: port ${port} of this host is taken by something else`,
      { cause: err, hint: `ss -ltnp 'sport = :${port}' shows by what`, details: { port } },
    );
  }
  if (ADDRESS.test(text)) {
    return new NapError(
      'DOCKER_REFUSED',
      `cannot ${asked.what}: its address is taken by something else on this host: ${text}`,
      {
        cause: err,
        hint: 'it gets another address; docker network inspect shows who has which',
        details: { isAddressRefused: true },
      },
    );
  }
  const [, wanted, available] = CPUSET.exec(text) ?? [];
  if (wanted !== undefined) {
    return new NapError(
      'DOCKER_REFUSED',
      `cannot ${asked.what}: its cpuset is ${wanted}, and this host has the CPUs ${available}`,
      {
        cause: err,
        hint: 'name others in cpuset, or choose its hosts by deploy.placement.constraints',
      },
    );
  }
  return new NapError(codeOf(statusCode, text), `cannot ${asked.what}: ${text}`, { cause: err });
}

function codeOf(statusCode: number, text: string): ErrorCode {
  if (statusCode === 404) return 'DOCKER_NOT_FOUND';
  if (statusCode === 409) return 'DOCKER_CONFLICT';
  // While it stops, the engine still answers some requests, with failures of everything below it.
  if (/shutting down|context canceled|transport is closing|connection refused/i.test(text)) {
    return 'DOCKER_UNAVAILABLE';
  }
  return 'DOCKER_REFUSED';
}

/** `quay.io/x/y:1` → `quay.io`; Docker's own registry has no name in a reference. */
export function registryOf(image: string): string {
  const [head = '', ...rest] = image.split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(head) || head === 'localhost');
  return isRegistry ? head : 'docker.io';
}

const MISSING = /not found|manifest unknown|no such image|does not exist|no matching manifest/i;
const DENIED = /denied|unauthorized|authentication required|no basic auth/i;
const UNREACHABLE =
  /no such host|dial tcp|timeout|connection refused|lookup .* on|TLS|EOF|server misbehaving|network is unreachable|x509|server gave HTTP response/i;

/** Names and addresses are not the engine's words: an image may be called `tls-proxy`. */
const withoutNames = (text: string): string =>
  text.replace(/"https?:[^"]*"/g, '').replace(/\bfor \S+/g, '');

function mapImageError(
  err: unknown,
  text: string,
  statusCode: number | undefined,
  image: string,
): NapError {
  const registry = registryOf(image);
  const options = { cause: err, details: { image, registry } };
  const words = withoutNames(text);
  if (
    statusCode === undefined &&
    !MISSING.test(words) &&
    !DENIED.test(words) &&
    isSocketError(err)
  ) {
    return new NapError(
      'DOCKER_UNAVAILABLE',
      `cannot pull ${image}: dockerd does not answer: ${text}`,
      options,
    );
  }
  if (UNREACHABLE.test(words) && !words.includes('manifest unknown')) {
    return new NapError(
      'REGISTRY_UNREACHABLE',
      `cannot pull ${image}: the registry ${registry} cannot be reached from this host: ${text}`,
      options,
    );
  }
  // Docker's own registry says "denied" of an image that does not exist: the sentence must allow for both.
  if (DENIED.test(words) && !words.includes('repository does not exist')) {
    return new NapError(
      'IMAGE_DENIED',
      `cannot pull ${image}: the registry ${registry} refuses it: ${text}`,
      { ...options, hint: 'docker login on this host, or make the image public' },
    );
  }
  if (MISSING.test(words) || statusCode === 404) {
    return new NapError(
      'IMAGE_NOT_FOUND',
      `the image ${image} is neither on this host nor on the registry ${registry}: ${text}`,
      { ...options, hint: 'check its name and tag, or push it' },
    );
  }
  return new NapError('DOCKER_REFUSED', `cannot pull ${image}: ${text}`, options);
}

/** The socket itself failed, not what the engine did behind it. */
function isSocketError(err: unknown): boolean {
  return typeof err === 'object' && err !== null && 'syscall' in err;
}
