const isV6 = (address: string): boolean => address.includes(':');

const isEvery = (address: string): boolean => address === '0.0.0.0' || address === '::';

/**
 * Whether the addresses of two published ports of one number are in each other's way. Nothing said is every address of a host;
 * `0.0.0.0` is every one of IPv4 and `::` every one of IPv6: the engine binds the two apart.
 */
export function addressesClash(a = '', b = ''): boolean {
  if (a === '' || b === '' || a === b) return true;
  return isV6(a) === isV6(b) && (isEvery(a) || isEvery(b));
}

/** As it stands before a colon and a port: `[::1]`. */
export const bracketed = (address: string): string => (isV6(address) ? `[${address}]` : address);
