import type { Constraint } from '@nap/shared';
import { isIPv4 } from 'node:net';
import { didYouMean } from '../../did-you-mean.js';
import { appended } from '../merge.js';
import { listOf, record, type Shape } from '../shape.js';
import { honoured } from '../support.js';
import { text } from './scalars.js';

/** What a host can be asked about, besides its labels. */
const KEYS = [
  'node.id',
  'node.hostname',
  'node.role',
  'node.ip',
  'node.platform.os',
  'node.platform.arch',
] as const;

const LABELS = ['node.labels.', 'engine.labels.'] as const;

type Parsed =
  | { readonly constraint: Constraint }
  /** It asks for what is the same everywhere. */
  | { readonly ignored: string }
  | { readonly message: string; readonly hint?: string | undefined };

/** `node.labels.disk` with its fixed part in lower case, as Swarm compares it; undefined when no host knows of it. */
function canonicalKey(key: string): string | undefined {
  const lower = key.toLowerCase();
  const prefix = LABELS.find((it) => lower.startsWith(it));
  if (prefix === undefined) return KEYS.find((it) => it === lower);
  const label = key.slice(prefix.length);
  return label === '' ? undefined : `${prefix}${label}`;
}

function unknownKey(key: string): Parsed {
  const label = LABELS.map((prefix) => prefix.slice(0, -1));
  const start = key.split('.').slice(0, 2).join('.');
  const known = [...KEYS, ...label.map((prefix) => `${prefix}.LABEL`)];
  const hint =
    didYouMean(key, KEYS) ??
    (key.includes('.') ? didYouMean(start, label)?.replace(/"\?$/, '.LABEL"?') : undefined) ??
    `there are: ${known.join(', ')}`;
  return { message: `no host knows "${key}"`, hint };
}

/** CONSTRAINT is `KEY == VALUE` or `KEY != VALUE`. */
export function parseConstraint(written: string): Parsed {
  const [, name = '', operator, value = ''] =
    /^\s*([^=!<>\s]+)\s*(==|!=)\s*(\S.*?)\s*$/.exec(written) ?? [];
  if (operator !== '==' && operator !== '!=') {
    const hint = 'a constraint is KEY == VALUE or KEY != VALUE';
    return { message: `"${written}" is not a constraint`, hint };
  }
  const key = canonicalKey(name);
  if (key === undefined) return unknownKey(name);
  return special(key, operator, value) ?? { constraint: { key, operator, value } };
}

/** Values that no host has, or all have. */
function special(key: string, operator: Constraint['operator'], value: string): Parsed | undefined {
  if (key === 'node.ip' && !isAddressOrSubnet(value)) {
    return {
      message: `"${value}" is neither an address nor a subnet`,
      hint: 'such as 10.0.0.0/24',
    };
  }
  const isOfWorkers = (value.toLowerCase() === 'worker') === (operator === '==');
  if (key === 'node.role' && !isOfWorkers) {
    // Stacks ask for a manager to be near the API of Swarm, or on a certain host: neither is meant of nap's hosts.
    return { ignored: 'nap has no managers, so any host serves as one' };
  }
  return undefined;
}

function isAddressOrSubnet(value: string): boolean {
  const [address = '', bits, ...more] = value.split('/');
  if (!isIPv4(address) || more.length > 0) return false;
  return bits === undefined || (/^\d{1,2}$/.test(bits) && Number(bits) <= 32);
}

const constraint: Shape = {
  ...text,
  kind: 'constraint',
  read: (node, path, context) => {
    const value = text.read(node, path, context);
    if (value.kind !== 'scalar') return value;
    const parsed = parseConstraint(String(value.value));
    if ('constraint' in parsed) return value;
    const { findings } = context;
    const { place } = node;
    const wayOut = 'label the hosts that are meant: node.labels.NAME == VALUE';
    if ('ignored' in parsed) findings.ignored({ place, path, why: parsed.ignored, wayOut });
    else findings.refused({ place, path, why: parsed.message, wayOut: parsed.hint ?? wayOut });
    return value;
  },
};

/** What instances are spread over: a label, or what else a host can be asked about. */
const spreadKey: Shape = {
  ...text,
  kind: 'label such as node.labels.zone',
  read: (node, path, context) => {
    const value = text.read(node, path, context);
    if (value.kind !== 'scalar') return value;
    const key = canonicalKey(String(value.value));
    if (key !== undefined) return { ...value, value: key };
    const why = `no host knows "${String(value.value)}"`;
    context.findings.refused({ place: node.place, path, why, wayOut: 'spread: node.labels.NAME' });
    return value;
  },
};

export const constraints: Shape = listOf('list of constraints', constraint, appended);

export const preferences: Shape = listOf(
  'list of preferences',
  record('mapping', { spread: { shape: spreadKey, support: honoured } }),
  appended,
);
