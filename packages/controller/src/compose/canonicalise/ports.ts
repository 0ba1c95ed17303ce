import { isIP, isIPv6, SocketAddress } from 'node:net';
import { appendedUnique, uniqueItems } from '../merge.js';
import {
  child,
  itemPath,
  recordNode,
  scalarNode,
  withEntries,
  type Node,
  type ScalarNode,
} from '../node.js';
import {
  listOf,
  mustBe,
  readValue,
  record,
  rejected,
  type ReadContext,
  type Shape,
  type Table,
} from '../shape.js';
import { ipAddress } from './names.js';
import { choice, text, textOrNumber } from './scalars.js';
import { honoured, honouredAs, ignored } from '../support.js';

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Entries of one service. */
const PORTS_MAX = 5000;

const FORMS = 'write PORT, HOST:CONTAINER or IP:HOST:CONTAINER, each with an optional /tcp or /udp';

/** `80` or `8000-8010`; undefined when it is neither, or not in ascending order. */
export function parsePortRange(port: string): Range | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(port) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from >= 1 && from <= to && to <= 65_535 ? { from, to } : undefined;
}

interface ShortPort {
  readonly hostIp: string;
  readonly published: string;
  readonly target: string;
  readonly protocol: string;
}

const SHORT = /^(?:(?:(\[[^\]]*\]|[^:[\]]*):)?([^:]*):)?([^:/]+)(?:\/([^/]*))?$/;

function splitShort(port: string): ShortPort | undefined {
  const [, hostIp = '', published = '', target, protocol = 'tcp'] = SHORT.exec(port) ?? [];
  if (target === undefined) return undefined;
  return { hostIp: hostIp.replace(/^\[|\]$/g, ''), published, target, protocol };
}

/** An address has many spellings in IPv6; one is kept, so that the same one is known for it. A zone is not parted from it. */
function oneSpelling(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** What is wrong with the parts, or the ranges of them. */
function checkShort(port: ShortPort): string | { host: Range | undefined; container: Range } {
  if (port.hostIp !== '' && isIP(port.hostIp) === 0) return `"${port.hostIp}" is not an IP address`;
  const container = parsePortRange(port.target);
  if (container === undefined) return `"${port.target}" is not a container port (1 to 65535)`;
  const isAny = isAnyPort(port.published);
  const host = isAny ? undefined : parsePortRange(port.published);
  if (!isAny && host === undefined) {
    return `"${port.published}" is not a host port (1 to 65535)`;
  }
  if (!/^(tcp|udp|sctp)$/i.test(port.protocol)) {
    return `"${port.protocol}" is not one of tcp, udp, sctp`;
  }
  const isOne = container.from === container.to;
  if (host !== undefined && !isOne && host.to - host.from !== container.to - container.from) {
    return `the ranges ${port.published} and ${port.target} differ in length`;
  }
  return { host, container };
}

/** One entry for each container port. A range of host ports for one container port stays: the engine picks of it. */
function expandShort(
  port: ShortPort,
  host: Range | undefined,
  container: Range,
  at: ScalarNode,
): Node[] {
  const isPicked = container.from === container.to;
  const make = (value: string | number): Node => scalarNode(value, at.place);
  return Array.from({ length: container.to - container.from + 1 }, (_, index) => {
    const published = host === undefined || isPicked ? port.published : String(host.from + index);
    return recordNode(
      {
        mode: make('ingress'),
        host_ip: port.hostIp === '' ? undefined : make(oneSpelling(port.hostIp)),
        target: make(container.from + index),
        published: published === '' ? undefined : make(published),
        protocol: make(port.protocol.toLowerCase()),
      },
      at.place,
    );
  });
}

function readShort(node: ScalarNode, path: string, context: ReadContext): readonly Node[] {
  const port = splitShort(String(node.value));
  const checked = port === undefined ? '' : checkShort(port);
  if (port === undefined || typeof checked === 'string') {
    const detail = typeof checked === 'string' && checked !== '' ? `: ${checked}` : '';
    return [rejected(node, path, context, `"${String(node.value)}" is not a port${detail}`, FORMS)];
  }
  return expandShort(port, checked.host, checked.container, node);
}

const targetPort: Shape = {
  ...textOrNumber,
  kind: 'integer',
  read: (node, path, context) => {
    const value = textOrNumber.read(node, path, context);
    if (value.kind !== 'scalar') return value;
    const range = parsePortRange(String(value.value));
    if (range?.from === range?.to && range !== undefined) return { ...value, value: range.from };
    return rejected(node, path, context, `"${String(value.value)}" is not a port (1 to 65535)`);
  },
};

/** The engine picks: nothing is said, or 0. */
function isAnyPort(published: string): boolean {
  return published === '' || published === '0';
}

const publishedPort: Shape = {
  ...textOrNumber,
  read: (node, path, context) => {
    const value = textOrNumber.read(node, path, context);
    if (value.kind !== 'scalar' || isAnyPort(String(value.value))) return value;
    if (parsePortRange(String(value.value)) !== undefined) return value;
    return rejected(node, path, context, `"${String(value.value)}" is not a host port or range`);
  },
};

const hostAddress: Shape = {
  ...ipAddress,
  read: (node, path, context) => {
    const value = ipAddress.read(node, path, context);
    return value.kind === 'scalar' ? { ...value, value: oneSpelling(String(value.value)) } : value;
  },
};

const decorative = ignored('it only describes the port');

const portTable: Table = {
  target: { shape: targetPort, support: honoured },
  published: { shape: publishedPort, support: honoured },
  host_ip: { shape: hostAddress, support: honoured },
  protocol: { shape: choice(['tcp', 'udp', 'sctp']), support: honoured },
  mode: {
    shape: choice(['ingress', 'host']),
    support: honouredAs('both publish on the host that runs the instance'),
  },
  name: { shape: text, support: decorative },
  app_protocol: { shape: text, support: decorative },
};

const port = record('port', portTable);

function readLong(node: Node, path: string, context: ReadContext): Node {
  const read = readValue(port, node, path, context);
  if (read.kind !== 'map') return read;
  if (!read.entries.has('target')) {
    return rejected(
      node,
      path,
      context,
      'a port has no target',
      'say which container port: target: 80',
    );
  }
  const set = (key: string, fallback: string): Node =>
    child(read, key) ?? scalarNode(fallback, node.place);
  const published = child(read, 'published');
  const isBlank = published?.kind === 'scalar' && published.value === '';
  return withEntries(read, {
    mode: set('mode', 'ingress'),
    published: isBlank ? undefined : published,
    protocol: set('protocol', 'tcp'),
  });
}

function identity(node: Node): string {
  const parts = ['host_ip', 'target', 'published', 'protocol'].map((key) => {
    const value = child(node, key);
    return value?.kind === 'scalar' ? String(value.value) : '';
  });
  return node.kind === 'map' ? parts.join('|') : `${node.place.line}:${node.place.column}`;
}

function readPort(item: Node, path: string, context: ReadContext): readonly Node[] {
  if (item.kind === 'broken' || item.mark === 'reset') return [item];
  if (item.kind === 'map') return [readLong(item, path, context)];
  const isShort =
    item.kind === 'scalar' && (typeof item.value === 'string' || typeof item.value === 'number');
  return isShort ? readShort(item, path, context) : [mustBe('a port', item, path, context)];
}

/** Canonical: a list of long forms, ranges written out. */
export const ports: Shape = {
  ...listOf(
    'list of ports',
    port,
    appendedUnique(identity, 'host_ip, target, published, protocol'),
  ),
  read: (node, path, context) => {
    if (node.kind !== 'list') return mustBe('a list', node, path, context);
    const items: Node[] = [];
    for (const [index, item] of node.items.entries()) {
      items.push(...readPort(item, itemPath(path, index), context));
      if (items.length > PORTS_MAX) {
        const message = `more than ${PORTS_MAX} ports once its ranges are written out`;
        return rejected(node, path, context, message);
      }
    }
    return uniqueItems({ ...node, items }, identity);
  },
};

const EXPOSED = /^(\d{1,5}(?:-\d{1,5})?)(?:\/(tcp|udp|sctp))?$/i;

/** One of `expose`. Canonical: as written, `80`, `80-82` or `80/udp`. */
export const exposedPort: Shape = {
  ...textOrNumber,
  kind: 'port',
  read: (node, path, context) => {
    const value = textOrNumber.read(node, path, context);
    if (value.kind !== 'scalar') return value;
    const [, range = ''] = EXPOSED.exec(String(value.value)) ?? [];
    if (parsePortRange(range) !== undefined) return value;
    return rejected(
      node,
      path,
      context,
      `"${String(value.value)}" is not a container port`,
      'write PORT or PORT/udp; only "ports" takes host ports',
    );
  },
};
