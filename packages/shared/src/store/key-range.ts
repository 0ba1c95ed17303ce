import type { IKeyValue } from 'etcd3';
import { NapError } from '../errors/nap-error.js';
import type { StoredEntry, StoreKey } from './store.js';

/** In etcd's words: one key, or all keys in [start, end). */
export interface KeyRange {
  readonly start: Buffer;
  readonly end?: Buffer;
}

/** Translates between the keys of nap and those of etcd, which carry the root. */
export class KeySpace {
  readonly root: string;

  constructor(root: string) {
    this.root = root.endsWith('/') ? root : `${root}/`;
    if (this.root === '/') {
      throw new NapError('BAD_CONFIG', 'the root prefix in etcd is empty', {
        hint: 'use a prefix of its own, such as /nap/v1',
      });
    }
  }

  toEtcd(key: StoreKey): Buffer {
    return Buffer.from(this.root + key);
  }

  fromEtcd(key: Buffer): StoreKey {
    return key.toString('utf8').slice(this.root.length);
  }

  toEntry(pair: IKeyValue): StoredEntry {
    return {
      key: this.fromEtcd(pair.key),
      value: pair.value.toString('utf8'),
      createRevision: BigInt(pair.create_revision),
      modRevision: BigInt(pair.mod_revision),
    };
  }

  /** A prefix ends in `/`, or is empty for everything; anything else is one exact key. */
  range(prefixOrKey: StoreKey): KeyRange {
    const start = this.root + prefixOrKey;
    if (!start.endsWith('/')) return { start: Buffer.from(start) };
    // '0' follows '/' in ASCII, so it is the first key behind every key under the prefix.
    return { start: Buffer.from(start), end: Buffer.from(`${start.slice(0, -1)}0`) };
  }
}

export function isUnder(prefixOrKey: StoreKey, key: StoreKey): boolean {
  return prefixOrKey === '' || prefixOrKey.endsWith('/')
    ? key.startsWith(prefixOrKey)
    : key === prefixOrKey;
}
