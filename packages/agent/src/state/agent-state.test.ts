import { NapError, projectName } from '@nap/shared';
import { silentLog, type Log } from '@nap/shared/runtime';
import { restAddress, emptyBook, takeAddress } from '../network/address-book.js';
import { newMemory, type FailureCause, type InstanceMemory } from '../reconcile/memory.js';
import { aPlacement, aRecord, CLUSTER } from '../testing/builders.js';
import { AgentState, type AgentMemory } from './agent-state.js';

const web = aPlacement('shop.web.1');
const db = aPlacement('shop.db.1');

class Disk {
  readonly texts = new Map<string, string>();
  writes = 0;
  isFull = false;
  readonly warnings: unknown[] = [];

  /** The state of an agent that starts now. */
  open(): AgentState {
    const log: Log = { ...silentLog, warn: (_message, fields) => this.warnings.push(fields) };
    return new AgentState(
      {
        read: (path) => Promise.resolve(this.texts.get(path)),
        write: (path, text) => {
          if (this.isFull) return Promise.reject(new NapError('BAD_CONFIG', 'no space left'));
          this.writes += 1;
          this.texts.set(path, text);
          return Promise.resolve();
        },
      },
      '/state',
      log,
    );
  }
}

/** As a table, so that one that is missing does not compile. */
const EVERY_CAUSE: Readonly<Record<FailureCause, FailureCause>> = {
  'image-not-found': 'image-not-found',
  'image-denied': 'image-denied',
  'registry-unreachable': 'registry-unreachable',
  'port-taken': 'port-taken',
  'name-taken': 'name-taken',
  'file-missing': 'file-missing',
  'hook-failed': 'hook-failed',
  exited: 'exited',
  refused: 'refused',
  dependency: 'dependency',
  engine: 'engine',
};
const CAUSES = Object.values(EVERY_CAUSE);

/** Every field that there is. */
const whole: Required<InstanceMemory> = {
  ...newMemory(web.specHash),
  restarts: 3,
  failedExits: 2,
  troubles: 1,
  retryAtMs: 5,
  isTakingAway: true,
  trouble: { cause: 'exited', message: 'it ended', exitCode: 9, outOfMemory: true },
  exit: {
    containerId: 'c',
    startedAt: '2026-01-01T00:00:00.000000001Z',
    cause: 'interrupted',
    exitCode: 137,
    finishedAtMs: 4,
  },
  completedAtMs: 6,
  adopted: { containerId: 'c', cluster: CLUSTER },
  misaddressed: 'd',
  joined: {
    containerId: 'c',
    startedAt: '2026-01-01T00:00:00Z',
    partners: [[db.instance, '2025-12-31T00:00:00Z']],
  },
  pulledAtMs: 7,
  hooks: { containerId: 'c', startedAt: '2026-01-01T00:00:00Z', outcome: 'failed' },
  isRemoved: true,
  hasTakenOver: true,
  restartedFor: 5,
  refresh: {
    asked: 2,
    failed: { tries: 1, retryAtMs: 8, message: 'no answer' },
    outdated: 'e',
  },
};

function book() {
  const taken = takeAddress(emptyBook('10.4.1.0/24'), web.instance, '10.4.1.1', 0);
  if (taken === undefined) throw new Error('the subnet is full');
  const rested = restAddress(taken.book, web.instance, 7);
  return takeAddress(rested, db.instance, '10.4.1.1', 8)?.book ?? rested;
}

function memory(over: Partial<AgentMemory> = {}): AgentMemory {
  const instances = new Map([
    [web.instance, whole],
    [db.instance, newMemory(db.specHash)],
  ]);
  const pulls = new Map([['box linux/amd64', 3]]);
  return { instances, addresses: book(), hasFlannel: true, pulls, engineLife: 'one', ...over };
}

describe("an agent's state on disk", () => {
  it('is empty at first, without a warning', async () => {
    const disk = new Disk();
    const state = disk.open();
    expect(await state.loadMemory()).toEqual({
      instances: new Map(),
      addresses: undefined,
      hasFlannel: false,
      pulls: new Map(),
      engineLife: undefined,
    });
    expect(await state.loadDesired()).toBeUndefined();
    expect(await state.loadNames()).toEqual([]);
    expect(disk.warnings).toEqual([]);
  });

  it('remembers everything about its instances, and its addresses', async () => {
    const disk = new Disk();
    await disk.open().saveMemory(memory());
    expect(await disk.open().loadMemory()).toEqual(memory());
  });

  it('remembers that there are no stable addresses', async () => {
    const disk = new Disk();
    await disk.open().saveMemory(memory({ addresses: undefined }));
    expect(await disk.open().loadMemory()).toEqual(memory({ addresses: undefined }));
  });

  // A cause that the file's schema lacks would cost the memory of every instance.
  it.each(CAUSES)('remembers a trouble of cause %s', async (cause) => {
    const disk = new Disk();
    const troubled = { ...newMemory(web.specHash), trouble: { cause, message: 'm' } };
    const instances = new Map([[web.instance, troubled]]);
    await disk.open().saveMemory(memory({ instances }));
    expect((await disk.open().loadMemory()).instances).toEqual(instances);
  });

  it.each(['itself', 'taken-down', 'interrupted'] as const)(
    'remembers an exit of cause %s',
    async (cause) => {
      const disk = new Disk();
      const instances = new Map([[web.instance, { ...whole, exit: { ...whole.exit, cause } }]]);
      await disk.open().saveMemory(memory({ instances }));
      expect((await disk.open().loadMemory()).instances).toEqual(instances);
    },
  );

  it('keeps placements and names', async () => {
    const disk = new Disk();
    const cache = { cluster: CLUSTER, placements: [web, db] };
    const records = [aRecord('shop.web.1'), aRecord('shop.db.1')];
    await disk.open().saveDesired(cache);
    await disk.open().saveNames(new Map([[projectName('shop'), records]]));
    expect(await disk.open().loadDesired()).toEqual(cache);
    expect(await disk.open().loadNames()).toEqual(records);
  });

  it.each([
    ['half a file', '{"instances":[['],
    ['an empty file', ''],
    ['something else', '{"instances":{}}'],
    ['an instance that is none', '{"instances":[["no instance",{}]],"hasFlannel":true}'],
  ])('goes on without %s, and says which file', async (_what, text) => {
    const disk = new Disk();
    for (const name of ['memory', 'placements', 'names']) {
      disk.texts.set(`/state/${name}.json`, text);
    }
    const state = disk.open();
    expect((await state.loadMemory()).instances.size).toBe(0);
    expect(await state.loadDesired()).toBeUndefined();
    expect(await state.loadNames()).toEqual([]);
    expect(disk.warnings).toMatchObject([
      { path: '/state/memory.json' },
      { path: '/state/placements.json' },
      { path: '/state/names.json' },
    ]);
  });

  it('replaces what it could not read', async () => {
    const disk = new Disk();
    disk.texts.set('/state/memory.json', 'broken');
    const state = disk.open();
    await state.loadMemory();
    await state.saveMemory(memory());
    expect(await disk.open().loadMemory()).toEqual(memory());
  });

  it('is written only when it has changed, also after a restart', async () => {
    const disk = new Disk();
    const state = disk.open();
    await state.saveMemory(memory());
    await state.saveMemory(memory());
    const next = disk.open();
    await next.loadMemory();
    await next.saveMemory(memory());
    expect(disk.writes).toBe(1);
    await next.saveMemory(memory({ hasFlannel: false }));
    expect(disk.writes).toBe(2);
  });

  it('is written again after a write that failed', async () => {
    const disk = new Disk();
    const state = disk.open();
    disk.isFull = true;
    await expect(state.saveMemory(memory())).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    disk.isFull = false;
    await state.saveMemory(memory());
    expect(disk.writes).toBe(1);
  });
});
