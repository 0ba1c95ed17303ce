import { isIP } from 'node:net';
import { isEngineName, withSampleValues } from '@nap/shared';
import type { NameRule, Shape } from '../shape.js';
import { checkedText, matching, orEmpty } from './scalars.js';

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

export const hostName: Shape = orEmpty(
  checkedText('host name', (name) =>
    isHostName(withSampleValues(name)) ? undefined : [`"${name}" is not a host name`],
  ),
);

const LETTERS = 'letters, digits, "_", "." or "-", the first a letter or a digit';

export const containerName: Shape = checkedText('container name', (name) =>
  isEngineName(name) && name.length > 1
    ? undefined
    : [`"${name}" is not a container name`, `two or more ${LETTERS}`],
);

export const volumeName: Shape = checkedText('volume name', (name) =>
  isEngineName(withSampleValues(name))
    ? undefined
    : [`"${name}" is not the name of a volume`, LETTERS],
);

export const ipAddress: Shape = checkedText('IP address', (address) =>
  isIP(address) === 0 ? [`"${address}" is not an IP address`] : undefined,
);

export const macAddress: Shape = orEmpty(
  matching('MAC address', /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i, '02:42:ac:11:65:43'),
);
