import { type InstanceId } from '@nap/shared';
import {
  aContainer,
  aPlacement,
  aRecord,
  exited,
  NOW_MS,
  reconciled,
  type Scene,
} from '../testing/builders.js';
import { Stage } from '../testing/stage.js';
import type { ExitCause } from './exit-cause.js';
import { newMemory } from './memory.js';
import { waitingSince, type Situation } from './situation.js';
import { chainsText } from './step-text.js';

const { service } = aRecord('shop.db.1');
const web = aPlacement('shop.web.1', {
  dependencies: [{ service, condition: 'started', required: false, instances: 1 }],
});
const steps = (scene: Scene): string =>
  chainsText(reconciled({ placements: [web], ...scene }).chains);
const since = (ms: number) => new Map([[web.instance, NOW_MS - ms]]);

describe('a dependency that is not required', () => {
  it('is waited for only for a while', () => {
    expect(steps({})).toBe('');
    expect(steps({ waitingSince: since(29_000) })).toBe('');
    expect(steps({ waitingSince: since(31_000) })).toContain('create');
  });

  const ended = (cause: ExitCause): Scene => {
    const container = aContainer(web, { run: exited(1) });
    const { startedAt, finishedAtMs } = exited();
    const exit = { containerId: container.id, startedAt, cause, exitCode: 1, finishedAtMs };
    return {
      containers: [container],
      memory: { 'shop.web.1': { ...newMemory(web.specHash), exit } },
    };
  };

  it('is waited for again when the host comes back, for as long', () => {
    expect(steps(ended('interrupted'))).toBe('');
    expect(steps({ ...ended('interrupted'), waitingSince: since(31_000) })).toContain('start');
  });

  it('holds up no program that ended by itself', () => {
    expect(steps(ended('itself'))).toContain('start');
  });

  it('is waited for on the clock of the host, whatever that of the controller says', async () => {
    const stage = new Stage();
    await stage.start();
    await stage.place({ ...web, decidedAtMs: stage.clock.nowMs() + 3_600_000 });
    await stage.pass(20_000);
    expect(stage.docker.running).toEqual([]);
    await stage.pass(20_000);
    expect(stage.docker.running).toEqual(['shop-web-1']);
    await stage.stop();
  });
});

describe('since when an instance is kept from its start', () => {
  const waits: Situation = { kind: 'waits', reason: 'waits for db' };
  const at = (nowMs: number, busy: readonly InstanceId[] = []) => ({ nowMs, busy: new Set(busy) });
  const after = (situation: Situation) =>
    waitingSince(new Map([[web.instance, 1]]), new Map([[web.instance, situation]]), at(9)).get(
      web.instance,
    );

  it('is its first wait, whatever is tried in between', () => {
    expect(waitingSince(new Map(), new Map([[web.instance, waits]]), at(9))).toEqual(
      new Map([[web.instance, 9]]),
    );
    expect(after(waits)).toBe(1);
    expect(after({ kind: 'works' })).toBe(1);
    expect(waitingSince(new Map([[web.instance, 1]]), new Map(), at(9, [web.instance]))).toEqual(
      new Map([[web.instance, 1]]),
    );
  });

  it('is over once it runs, and when it is not placed here any more', () => {
    expect(after({ kind: 'runs', container: aContainer(web) })).toBeUndefined();
    expect(waitingSince(new Map([[web.instance, 1]]), new Map(), at(9))).toEqual(new Map());
  });
});
