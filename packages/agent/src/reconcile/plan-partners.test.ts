import { instanceId } from '@nap/shared';
import {
  aContainer,
  aPlacement,
  created,
  exited,
  NOW_MS,
  reconciled,
  STARTED_AT_MS,
  up,
  type Scene,
} from '../testing/builders.js';
import { newMemory } from './memory.js';
import { chainsText } from './step-text.js';

/** A container that shares the network of another one on the same host. */

const web = aPlacement('shop.web.1');
const proxy = aPlacement('shop.proxy.1', {}, { network: { instance: web.instance } });
const webContainer = aContainer(web);
const joined = new Map([[web.instance, webContainer.id]]);
const proxyContainer = aContainer(proxy, {
  partners: joined,
  network: { container: webContainer.id },
});
const LATER = up({ startedAtMs: STARTED_AT_MS + 5_000 });

const steps = (scene: Scene): string => chainsText(reconciled(scene).chains);
const situation = (scene: Scene): unknown =>
  reconciled(scene).situations.get(instanceId('shop.proxy.1'));

it('is created once its partner runs', () => {
  const placements = [proxy, web];
  const waiting = { placements, containers: [aContainer(web, { run: created })] };
  expect(steps(waiting)).not.toContain('proxy');
  expect(situation(waiting)).toEqual({
    kind: 'waits',
    reason: 'waits for shop.web.1, whose container it shares, to run here',
  });
  expect(steps({ placements, containers: [webContainer] })).toBe(
    [
      'shop.proxy.1: create shop-proxy-1 (not-created)',
      'shop.proxy.1: start shop-proxy-1 (not-created)',
    ].join('\n'),
  );
});

it('is not made for a partner that is about to be replaced', () => {
  const changed = aPlacement('shop.web.1', {}, { environment: { A: '2' } });
  const scene = { placements: [proxy, changed], containers: [webContainer] };
  expect(steps(scene)).not.toContain('shop.proxy.1: create');
});

it('is left alone while its partner runs on, and while it does not run', () => {
  const placements = [proxy, web];
  expect(steps({ placements, containers: [webContainer, proxyContainer] })).toBe('');
  const without = { placements, containers: [proxyContainer] };
  expect(steps(without)).not.toContain('proxy');
});

it('is made anew when its partner has another container', () => {
  const other = aContainer(web, { id: 'another' });
  const scene = { placements: [proxy, web], containers: [other, proxyContainer] };
  expect(steps(scene)).toMatch(
    /^shop\.proxy\.1: create shop-proxy-1\.nap-\w+ \(partner-replaced\)$/,
  );
});

it('waits for etcd before a running container is replaced', () => {
  const other = aContainer(web, { id: 'another' });
  const scene: Scene = {
    placements: [proxy, web],
    containers: [other, proxyContainer],
    desired: { isFresh: false },
  };
  expect(steps(scene)).toBe('');
});

it('is started again when its partner was, also while etcd is away', () => {
  const again = aContainer(web, { run: LATER });
  const scene: Scene = {
    placements: [proxy, web],
    containers: [again, proxyContainer],
    desired: { isFresh: false },
  };
  expect(steps(scene)).toBe(
    ['withdraw-name', 'stop', 'start']
      .map((kind) => `shop.proxy.1: ${kind} ${proxyContainer.id.slice(0, 12)} (partner-restarted)`)
      .join('\n'),
  );
  const settled = { ...proxyContainer, run: up({ startedAtMs: STARTED_AT_MS + 6_000 }) };
  expect(steps({ ...scene, containers: [again, settled] })).toBe('');
});

describe('where the clock was set back', () => {
  const placements = [proxy, web];
  const joinedAt = (startedAt: string) => ({
    'shop.proxy.1': {
      ...newMemory(proxy.specHash),
      joined: {
        containerId: proxyContainer.id,
        startedAt: exited().startedAt,
        partners: [[web.instance, startedAt]] as const,
      },
    },
  });

  it('a partner that was started again is another one, although it seems to be older', () => {
    const again = up({ startedAt: 'an hour before', startedAtMs: STARTED_AT_MS - 3_600_000 });
    const containers = [aContainer(web, { run: again }), proxyContainer];
    const memory = joinedAt(exited().startedAt);
    expect(steps({ placements, containers, memory })).toContain('(partner-restarted)');
  });

  it('one that was not started again is the same, although it seems to be younger', () => {
    const containers = [aContainer(web, { run: LATER }), proxyContainer];
    const memory = joinedAt(exited().startedAt);
    expect(steps({ placements, containers, memory })).toBe('');
  });

  it('one that was started in the future tells nothing where nobody remembers', () => {
    const future = up({ startedAtMs: NOW_MS + 3_600_000 });
    const containers = [aContainer(web, { run: future }), proxyContainer];
    expect(steps({ placements, containers })).toBe('');
  });
});

it('volumes outlive a restart of whose they are', () => {
  const backup = aPlacement('shop.proxy.1', {}, { volumesFrom: [{ instance: web.instance }] });
  const scene = {
    placements: [backup, web],
    containers: [aContainer(web, { run: LATER }), aContainer(backup, { partners: joined })],
  };
  expect(steps(scene)).toBe('');
});

it('starts again after its end only while its partner runs', () => {
  const ended = { ...proxyContainer, run: exited(1) };
  const memory = {
    'shop.proxy.1': {
      ...newMemory(proxy.specHash),
      exit: {
        containerId: ended.id,
        startedAt: ended.run.startedAt,
        cause: 'interrupted' as const,
        exitCode: 1,
        finishedAtMs: ended.run.finishedAtMs,
      },
    },
  };
  const placements = [proxy, web];
  const stopped = aContainer(web, { run: created });
  expect(steps({ placements, memory, containers: [stopped, ended] })).not.toContain('proxy');
  expect(steps({ placements, memory, containers: [webContainer, ended] })).toContain(
    'shop.proxy.1: start',
  );
});
