import type { PortSpec } from '@nap/shared';
import { fixedPorts, portsClash } from './needs.js';

const port = (from: number, to = from, more: Partial<PortSpec> = {}): PortSpec => ({
  target: 80,
  published: { from, to },
  protocol: 'tcp',
  ...more,
});

it.each<[string, PortSpec, PortSpec, boolean]>([
  ['the same port', port(80), port(80), true],
  ['another port', port(80), port(81), false],
  ['another protocol', port(53), port(53, 53, { protocol: 'udp' }), false],
  [
    'different addresses',
    port(80, 80, { hostIp: '10.0.0.1' }),
    port(80, 80, { hostIp: '10.0.0.2' }),
    false,
  ],
  [
    'one address and all',
    port(80, 80, { hostIp: '10.0.0.1' }),
    port(80, 80, { hostIp: '0.0.0.0' }),
    true,
  ],
  [
    'an IPv6 address and all',
    port(80, 80, { hostIp: '::1' }),
    port(80, 80, { hostIp: '::' }),
    true,
  ],
  [
    'all of IPv4 and all of IPv6',
    port(80, 80, { hostIp: '0.0.0.0' }),
    port(80, 80, { hostIp: '::' }),
    false,
  ],
  [
    'one of IPv4 and all of IPv6',
    port(80, 80, { hostIp: '10.0.0.1' }),
    port(80, 80, { hostIp: '::' }),
    false,
  ],
  ['nothing said is both', port(80), port(80, 80, { hostIp: '::' }), true],
  ['a range leaves a choice', port(80, 90), port(80), false],
  ['no published port', { target: 80, protocol: 'tcp' }, { target: 80, protocol: 'tcp' }, false],
])('%s', (_, a, b, clash) => {
  const doClash = (one: PortSpec, other: PortSpec): boolean =>
    fixedPorts([one]).some((it) => fixedPorts([other]).some((taken) => portsClash(it, taken)));
  expect(doClash(a, b)).toBe(clash);
  expect(doClash(b, a)).toBe(clash);
});
