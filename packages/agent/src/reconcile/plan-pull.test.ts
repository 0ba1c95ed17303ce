import type { Placement } from '@nap/shared';
import { aContainer, aPlacement, NOW_MS, reconciled, type Scene } from '../testing/builders.js';
import { newMemory } from './memory.js';
import { chainsText } from './step-text.js';

const MINUTE_MS = 60_000;
const placed = (pull: Placement['pull'], platform?: string): Placement =>
  aPlacement(
    'shop.web.1',
    pull === undefined ? {} : { pull },
    platform === undefined ? {} : { platform },
  );

function first(placement: Placement, scene: Scene = {}): string {
  const [line = ''] = chainsText(reconciled({ placements: [placement], ...scene }).chains).split(
    '\n',
  );
  return line;
}
const due = 'shop.web.1: pull box (pull-due)';
const creates = 'shop.web.1: create shop-web-1 (not-created)';
const remembered = (pulledAtMs: number): Scene => ({
  memory: { 'shop.web.1': { ...newMemory(placed('always').specHash), pulledAtMs } },
});
const pulled = (agoMs: number): Scene => ({ pulls: new Map([['box', NOW_MS - agoMs]]) });

describe('an image', () => {
  it('that is here is not pulled, unless the placement says so', () => {
    expect(first(placed(undefined))).toBe(creates);
    expect(first(placed('never'))).toBe(creates);
  });

  it('is pulled before every creation of a container, once', () => {
    expect(first(placed('always'))).toBe(due);
    expect(first(placed('always'), remembered(NOW_MS))).toBe(creates);
  });

  it('is not pulled for a restart', () => {
    const placement = placed('always');
    const containers = [aContainer(placement, { run: { state: 'created' } })];
    expect(first(placement, { containers })).toMatch(/^shop.web.1: start/);
  });

  it('is pulled when the last pull is too long ago', () => {
    const placement = placed({ everyMs: MINUTE_MS });
    expect(first(placement)).toBe(due);
    expect(first(placement, pulled(MINUTE_MS - 1))).toBe(creates);
    expect(first(placement, pulled(MINUTE_MS))).toBe(due);
    expect(first(placement, pulled(-1))).toBe(due);
  });

  it('that must not be pulled and is missing fails the instance, with a sentence', () => {
    const result = reconciled({ placements: [placed('never')], images: new Set() });
    expect(result.chains).toEqual([]);
    expect([...result.situations.values()]).toEqual([
      {
        kind: 'failed',
        trouble: {
          cause: 'image-not-found',
          message: expect.stringContaining('the image box is not on this host') as string,
        },
      },
    ]);
  });

  it('of another platform is not the image', () => {
    const step = 'shop.web.1: pull box for linux/arm64 (image-missing)';
    expect(first(placed(undefined, 'linux/arm64'))).toBe(step);
    const images = new Set(['box linux/arm64']);
    expect(first(placed(undefined, 'linux/arm64'), { images })).toBe(creates);
  });
});
