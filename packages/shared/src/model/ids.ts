/**
 * Identifiers, parsed once at the edge. A branded string can only be made here, next to the rule that justifies it.
 */
export declare const brand: unique symbol;
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `[a-z0-9][a-z0-9_-]*`, as Compose normalises project names; it never holds a dot. */
export type ProjectName = Branded<'ProjectName'>;
/** `[A-Za-z0-9._-]+`, as Compose allows service names. */
export type ServiceName = Branded<'ServiceName'>;
/** The host name of a machine that runs nap-agent, lower case, as in DNS. */
export type HostId = Branded<'HostId'>;
/** `<project>.<service>.<index>`, such as `shop.web.2`: unambiguous because a project name holds no dot. */
export type InstanceId = Branded<'InstanceId'>;
/** `v1:` and 64 hexadecimal digits. */
export type SpecHash = Branded<'SpecHash'>;
/** SHA-256 of the bytes of a config or secret: 64 hexadecimal digits. */
export type FileDigest = Branded<'FileDigest'>;

const PROJECT = /^[a-z0-9][a-z0-9_-]*$/;
const SERVICE = /^[A-Za-z0-9._-]+$/;
const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const INSTANCE = /^([a-z0-9][a-z0-9_-]*)\.([A-Za-z0-9._-]+)\.([1-9][0-9]*)$/;
const SPEC_HASH = /^v1:[0-9a-f]{64}$/;
const FILE_DIGEST = /^[0-9a-f]{64}$/;

export const isProjectName = (text: string): text is ProjectName => PROJECT.test(text);
export const isServiceName = (text: string): text is ServiceName => SERVICE.test(text);
export const isHostId = (text: string): text is HostId => text.length <= 253 && HOST.test(text);
export const isInstanceId = (text: string): text is InstanceId => INSTANCE.test(text);
export const isSpecHash = (text: string): text is SpecHash => SPEC_HASH.test(text);
export const isFileDigest = (text: string): text is FileDigest => FILE_DIGEST.test(text);

function checked<T extends string>(is: (text: string) => text is T, what: string) {
  return (text: string): T => {
    if (is(text)) return text;
    throw new RangeError(`not a ${what}: ${JSON.stringify(text)}`);
  };
}

/** Each throws RangeError when the text does not fit; for texts that are known to fit, and for tests. */
export const projectName = checked(isProjectName, 'project name');
export const serviceName = checked(isServiceName, 'service name');
export const hostId = checked(isHostId, 'host id');
export const instanceId = checked(isInstanceId, 'instance id');
export const specHash = checked(isSpecHash, 'spec hash');
export const fileDigest = checked(isFileDigest, 'file digest');

export interface InstanceParts {
  readonly project: ProjectName;
  readonly service: ServiceName;
  /** 1-based slot of the replica. */
  readonly index: number;
}

export function formatInstanceId(parts: InstanceParts): InstanceId {
  return instanceId(`${parts.project}.${parts.service}.${parts.index}`);
}

/** Loops ask for the same ones at each pass. Begins anew when it is full: some 5 MB. */
const KNOWN_PARTS_MAX = 32_768;
const knownParts = new Map<string, InstanceParts>();

/** Undefined when the text is no instance id. */
export function parseInstanceId(text: string): InstanceParts | undefined {
  const known = knownParts.get(text);
  if (known !== undefined) return known;
  const found = INSTANCE.exec(text);
  if (found === null) return undefined;
  const [, project = '', service = '', index = ''] = found;
  const parts = {
    project: projectName(project),
    service: serviceName(service),
    index: Number(index),
  };
  if (knownParts.size >= KNOWN_PARTS_MAX) knownParts.clear();
  knownParts.set(text, parts);
  return parts;
}
