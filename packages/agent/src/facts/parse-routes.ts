import { formatCidr, isWithin, type Cidr } from '../network/cidr.js';

export interface Route {
  readonly device: string;
  readonly to: Cidr;
}

/** `/proc/net/route`: numbers in hexadecimal, in the byte order of the machine, which is little-endian wherever nap runs. */
export function parseRoutes(text: string): readonly Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device, destination, , flags, , , , mask] = line.trim().split(/\s+/);
      if (device === undefined || destination === undefined || mask === undefined) return [];
      // Down, or a route that refuses.
      if ((Number.parseInt(flags ?? '0', 16) & 1) === 0) return [];
      const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
      return [{ device, to: { base: swapped(destination), bits } }];
    });
}

function swapped(hex: string): number {
  const bytes = hex.match(/../g) ?? [];
  return bytes.reduceRight((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);
}

export const uplinkOf = (routes: readonly Route[]): string | undefined =>
  routes.find(({ to }) => to.bits === 0)?.device;

/** Networks inside `network`, or all of it, that lead to other hosts: not to this one's own subnet. */
export function routesToHosts(
  routes: readonly Route[],
  network: Cidr,
  own: Cidr,
): readonly string[] {
  const inside = routes.filter(
    ({ to }) => to.bits > 0 && isWithin(to, network) && !isWithin(to, own),
  );
  return [...new Set(inside.map(({ to }) => formatCidr(to)))].sort();
}
