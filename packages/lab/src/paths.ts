import { join } from 'node:path';

/** All that a lab leaves on disk while it is up. */
export const STATE_DIR = '/var/lib/nap-lab';
/** Images and the packages that they are made of: kept by `down`, removed by `purge`. */
export const CACHE_DIR = '/var/cache/nap-lab';

const PACKAGE_DIR = join(import.meta.dirname, '..');

/** The checkout that this file belongs to: seen live by the hosts. */
export const CHECKOUT_DIR = join(PACKAGE_DIR, '..', '..');

export const RECORD_FILE = join(STATE_DIR, 'lab.json');

/** A directory of one machine of the lab. */
export function machineDir(name: string, ...rest: readonly string[]): string {
  return join(STATE_DIR, name, ...rest);
}

/** A file of packages/lab/scripts. */
export function script(name: string): string {
  return join(PACKAGE_DIR, 'scripts', name);
}

/** A file of packages/lab/images. */
export function imageSource(...rest: readonly string[]): string {
  return join(PACKAGE_DIR, 'images', ...rest);
}
