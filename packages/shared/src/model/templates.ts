import type { ContainerSpec } from '../schema/container-spec.js';

/**
 * Swarm's placeholders in hostname, environment and mounts. Those of the service and the instance are filled in when the
 * spec of an instance is made; those of the host by its agent, when it creates the container: a move leaves the spec hash
 * as it is. Anything else in braces stays as it is written, as under Compose.
 */

/** The values of placeholders, by name: `Task.Slot` for `{{.Task.Slot}}`. */
export type TemplateValues = Readonly<Record<string, string>>;

type Templated = Pick<ContainerSpec, 'hostname' | 'environment' | 'mounts'>;

const PLACEHOLDER = /\{\{\s*\.([A-Za-z.]+)\s*\}\}/g;

const HOST_PLACEHOLDERS: ReadonlySet<string> = new Set([
  'Node.ID',
  'Node.Hostname',
  'Node.Platform.OS',
  'Node.Platform.Architecture',
]);

const PLACEHOLDERS: ReadonlySet<string> = new Set([
  ...HOST_PLACEHOLDERS,
  'Service.ID',
  'Service.Name',
  'Task.ID',
  'Task.Name',
  'Task.Slot',
]);

function names(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
}

/** Whether the text says something else on every host. */
export function dependsOnHost(text: string): boolean {
  return names(text).some((name) => HOST_PLACEHOLDERS.has(name));
}

/** The text with a letter for each placeholder that nap knows: what is to be checked of a name before it is filled in. */
export function withSampleValues(text: string): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => (PLACEHOLDERS.has(name) ? 'x' : whole));
}

function filled(text: string, values: TemplateValues): string {
  if (!text.includes('{{')) return text;
  return text.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
}

function filledMount(
  mount: ContainerSpec['mounts'][number],
  values: TemplateValues,
): ContainerSpec['mounts'][number] {
  switch (mount.type) {
    case 'bind':
      return { ...mount, source: filled(mount.source, values) };
    case 'volume':
      return mount.name === undefined ? mount : { ...mount, name: filled(mount.name, values) };
    case 'tmpfs':
    case 'image':
      return mount;
  }
}

/** Whether there is anything to fill in. */
export function hasTemplates({ hostname, environment, mounts }: Templated): boolean {
  const sources = mounts.map((mount) =>
    mount.type === 'bind' ? mount.source : mount.type === 'volume' ? mount.name : undefined,
  );
  return [hostname, ...Object.values(environment), ...sources].some(
    (text) => text !== undefined && names(text).some((name) => PLACEHOLDERS.has(name)),
  );
}

/** The same spec with the placeholders filled in that `values` has. */
export function fillTemplates<S extends Templated>(spec: S, values: TemplateValues): S {
  if (!hasTemplates(spec)) return spec;
  const { hostname, environment, mounts } = spec;
  return {
    ...spec,
    ...(hostname === undefined ? {} : { hostname: filled(hostname, values) }),
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, filled(value, values)]),
    ),
    mounts: mounts.map((mount) => filledMount(mount, values)),
  };
}

export interface TemplateHost {
  readonly host: string;
  readonly platform: { readonly os: string; readonly architecture: string };
}

/** What an agent fills in when it creates the container of a spec; a hostname that becomes too long is cut. */
export function fillHostTemplates<S extends Templated>(
  spec: S,
  { host, platform }: TemplateHost,
): S {
  const own = fillTemplates(spec, {
    'Node.ID': host,
    'Node.Hostname': host,
    'Node.Platform.OS': platform.os,
    'Node.Platform.Architecture': platform.architecture,
  });
  const { hostname } = own;
  if (hostname === undefined || hostname === spec.hostname) return own;
  return { ...own, hostname: hostname.slice(0, HOSTNAME_CHARS_MAX) };
}

/** HOST_NAME_MAX of Linux is 64; a DNS label holds 63. */
export const HOSTNAME_CHARS_MAX = 63;
