import { withSampleValues } from '@nap/shared';
import { rejected, type NameRule, type Shape } from '../shape.js';
import { text } from './scalars.js';

/** Names of services, networks, volumes and the like. */
export const resourceName: NameRule = (name) =>
  /^[A-Za-z0-9._-]+$/.test(name)
    ? undefined
    : `"${name}" is not a name: letters, digits, ".", "_" and "-" are allowed`;

/** Longer names do not fit the host name of a container and the keys that nap stores. */
const NAME_CHARS_MAX = 63;

export const serviceName: NameRule = (name) => {
  if (name.length > NAME_CHARS_MAX)
    return `a service name has at most ${NAME_CHARS_MAX} characters`;
  return resourceName(name);
};

/** A word of a hosts file: anything else would forge lines of it. */
const HOST_NAME = /^[A-Za-z0-9._-]{1,253}$/;

export const isHostName = (name: string): boolean => HOST_NAME.test(name);

export const hostName: Shape = {
  ...text,
  kind: 'host name',
  read: (node, path, context) => {
    const value = text.read(node, path, context);
    if (value.kind !== 'scalar' || isHostName(withSampleValues(String(value.value)))) return value;
    return rejected(node, path, context, `"${String(value.value)}" is not a host name`);
  },
};

export const containerName: Shape = {
  ...text,
  kind: 'container name',
  read: (node, path, context) => {
    const value = text.read(node, path, context);
    const isName =
      value.kind === 'scalar' && /^[A-Za-z0-9][A-Za-z0-9_.-]+$/.test(String(value.value));
    if (value.kind !== 'scalar' || isName) return value;
    return rejected(
      node,
      path,
      context,
      `"${String(value.value)}" is not a container name`,
      'two or more letters, digits, "_", "." or "-", the first a letter or a digit',
    );
  },
};
