/** An IPv4 network: host bits are gone. */
export interface Cidr {
  readonly base: number;
  readonly bits: number;
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  const numbers = parts.map(Number);
  const isValid =
    parts.length === 4 &&
    parts.every((part) => /^\d{1,3}$/.test(part)) &&
    numbers.every((part) => part <= 255);
  return isValid ? numbers.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function parseCidr(text: string): Cidr | undefined {
  const [addressText = '', bitsText = ''] = text.trim().split('/');
  const address = parseAddress(addressText);
  if (address === undefined || !/^\d{1,2}$/.test(bitsText) || Number(bitsText) > 32)
    return undefined;
  const bits = Number(bitsText);
  return { base: address - (address % 2 ** (32 - bits)), bits };
}

export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr.base)}/${cidr.bits}`;

export const sizeOf = (cidr: Cidr): number => 2 ** (32 - cidr.bits);

export function isWithin(inner: Cidr, outer: Cidr): boolean {
  return inner.base >= outer.base && inner.base + sizeOf(inner) <= outer.base + sizeOf(outer);
}

export const overlaps = (a: Cidr, b: Cidr): boolean => isWithin(a, b) || isWithin(b, a);
