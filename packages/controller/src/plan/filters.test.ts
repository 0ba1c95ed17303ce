import { hostId, type HostId, type PortSpec } from '@nap/shared';
import { explainUnplaced, portsClash } from './filters.js';

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
  ['a range leaves a choice', port(80, 90), port(80), false],
  ['no published port', { target: 80, protocol: 'tcp' }, { target: 80, protocol: 'tcp' }, false],
])('%s', (_, a, b, clash) => {
  expect(portsClash(a, b)).toBe(clash);
  expect(portsClash(b, a)).toBe(clash);
});

it('counts hosts with the same reason instead of listing them', () => {
  const away = Array.from({ length: 5 }, (_, at) => [hostId(`host-${at}`), 'is away'] as const);
  const reasons = new Map<HostId, string>([...away, [hostId('big'), 'is draining']]);
  expect(explainUnplaced(reasons)).toBe('5 hosts: each is away; big is draining');
});
