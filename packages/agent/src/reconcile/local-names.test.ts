import type { Placement } from '@nap/shared';
import { newMemory, type InstanceMemory } from './memory.js';
import { aContainer, aPlacement, HOST, up } from '../testing/builders.js';
import { localRecords } from './local-names.js';
import type { ObservedContainer } from './observed.js';

const db = aPlacement('shop.db.1');
const web = aPlacement('shop.web.1');

function recordOf(
  placement: Placement,
  ...containers: readonly ObservedContainer[]
): ReturnType<typeof recordWith> {
  return recordWith(placement, containers);
}

function recordWith(
  placement: Placement,
  containers: readonly ObservedContainer[],
  memory?: InstanceMemory,
): ReturnType<ReturnType<typeof localRecords>['get']> {
  return localRecords({
    host: HOST,
    address: '10.0.0.1',
    placements: new Map([db, web, placement].map((it) => [it.instance, it])),
    containers,
    memory: new Map(memory === undefined ? [] : [[placement.instance, memory]]),
    withdrawn: new Set(),
    yielded: new Set(),
    completed: new Map(),
  }).get(placement.instance);
}

/** As the engine shows one that has no address. */
function without(placement: Placement, network: ObservedContainer['network']): ObservedContainer {
  const { ip: _ip, ...rest } = aContainer(placement, { network, run: up() });
  return rest;
}

describe('a name record', () => {
  it('carries the address of the container', () => {
    expect(recordOf(db, aContainer(db))?.ip).toBe('172.17.0.2');
  });

  it('carries the host’s own address for an instance on the host’s network', () => {
    expect(recordOf(db, without(db, 'host'))?.ip).toBe('10.0.0.1');
  });

  it('carries no address for an instance without a network', () => {
    expect(recordOf(db, without(db, 'none'))).toMatchObject({ condition: 'ready' });
    expect(recordOf(db, without(db, 'none'))).not.toHaveProperty('ip');
  });

  it('carries the partner’s address for an instance on the partner’s network', () => {
    const partner = aContainer(db);
    const joined = without(web, { container: partner.id });
    expect(recordOf(web, partner, joined)?.ip).toBe('172.17.0.2');
    expect(recordOf(web, without(db, 'host'), joined)?.ip).toBe('10.0.0.1');
    expect(recordOf(web, joined)).not.toHaveProperty('ip');
  });

  it('is that of the container with the wanted spec, of two that run, whichever is seen first', () => {
    const old = aContainer(aPlacement('shop.db.1', {}, { environment: { A: '1' } }), {
      ip: '172.17.0.9',
    });
    const wanted = aContainer(db);
    for (const containers of [
      [old, wanted],
      [wanted, old],
    ]) {
      expect(recordOf(db, ...containers)).toMatchObject({
        ip: '172.17.0.2',
        specHash: db.specHash,
      });
    }
  });

  it('is made once the post-start hooks of this run are over', () => {
    const hooked = aPlacement('shop.web.1', {}, { postStart: [{ command: ['true'] }] });
    const container = aContainer(hooked);
    const { run, id } = container;
    const startedAt = run.state === 'running' ? run.startedAt : '';
    const after = (over: Partial<NonNullable<InstanceMemory['hooks']>>) =>
      recordWith(hooked, [container], {
        ...newMemory(hooked.specHash),
        hooks: { containerId: id, startedAt, outcome: 'done', ...over },
      });
    expect(after({})).toMatchObject({ condition: 'ready' });
    expect(after({ outcome: 'failed' })).toBeUndefined();
    expect(after({ startedAt: 'an earlier one' })).toBeUndefined();
    expect(recordOf(hooked, container)).toBeUndefined();
    // A container with another spec had hooks of its own, and they are over.
    expect(recordOf(hooked, aContainer(web))).toMatchObject({ condition: 'ready' });
  });
});
