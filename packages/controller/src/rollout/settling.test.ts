import { hostId, instanceId } from '@nap/shared';
import type { InstanceProgress } from '../plan/convergence.js';
import { SETTLE_MS, Settling } from './settling.js';

const NOW = 1_000_000;
const running = (startedAtMs?: number): readonly InstanceProgress[] => [
  {
    instance: instanceId('shop.web.1'),
    host: hostId('host-a'),
    phase: 'done',
    state: 'running',
    message: '',
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
  },
];

it('holds nobody up who has run long enough, or is known to be healthy or completed', () => {
  const settling = new Settling();
  expect(settling.remainingMs(running(NOW - SETTLE_MS), NOW, 0)).toBe(0);
  expect(settling.remainingMs(running(), NOW, 0)).toBe(0);
  expect(settling.remainingMs([], NOW, 0)).toBe(0);
});

it('counts from the start that the host reports', () => {
  const settling = new Settling();
  expect(settling.remainingMs(running(NOW - 300), NOW, 0)).toBe(SETTLE_MS - 300);
  expect(settling.remainingMs(running(NOW - 300), NOW + 800, 800)).toBe(0);
});

it('is not held up by a host whose clock is ahead', () => {
  const settling = new Settling();
  const start = NOW + 3_600_000;
  expect(settling.remainingMs(running(start), NOW, 0)).toBe(SETTLE_MS);
  expect(settling.remainingMs(running(start), NOW + SETTLE_MS, SETTLE_MS)).toBe(0);
});

it('counts anew after another start', () => {
  const settling = new Settling();
  settling.remainingMs(running(NOW), NOW, 0);
  expect(settling.remainingMs(running(NOW + 900), NOW + 900, 900)).toBe(SETTLE_MS);
});
