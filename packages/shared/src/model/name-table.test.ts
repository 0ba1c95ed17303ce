import fc from 'fast-check';
import type { NameRecord } from '../schema/documents.js';
import { hostId, instanceId, projectName, serviceName, specHash } from './ids.js';
import { hostsEntries, nameTable, tableDigest, type NameConsumer } from './name-table.js';

const shop = projectName('shop');
const hash = specHash(`v1:${'0'.repeat(64)}`);

function record(service: string, index: number, more: Partial<NameRecord> = {}): NameRecord {
  return {
    instance: instanceId(`shop.${service}.${index}`),
    project: shop,
    service: serviceName(service),
    index,
    host: hostId('host-a'),
    ip: `10.4.1.${index + 1}`,
    containerName: `shop-${service}-${index}`,
    aliases: [],
    condition: 'ready',
    specHash: hash,
    ...more,
  };
}

function consumer(more: Partial<NameConsumer> = {}): NameConsumer {
  return {
    instance: instanceId('shop.api.1'),
    project: shop,
    host: hostId('host-a'),
    links: [],
    ...more,
  };
}

const names = (records: readonly NameRecord[]): Record<string, string[]> =>
  Object.fromEntries(
    nameTable(shop, records).entries.map(({ name, records: found }) => [
      name,
      found.map(({ ip }) => ip),
    ]),
  );

describe('nameTable', () => {
  it('lists every ready instance under the service and each under its own names', () => {
    expect(names([record('web', 1), record('web', 2)])).toEqual({
      web: ['10.4.1.2', '10.4.1.3'],
      'web-1': ['10.4.1.2'],
      'web-2': ['10.4.1.3'],
      'shop-web-1': ['10.4.1.2'],
      'shop-web-2': ['10.4.1.3'],
    });
  });

  it('leaves instances that are not ready out of the service name, but not out of their own', () => {
    const table = names([record('web', 1, { condition: 'started' }), record('web', 2)]);
    expect(table['web']).toEqual(['10.4.1.3']);
    expect(table['web-1']).toEqual(['10.4.1.2']);
  });

  it('lists those that have started while none is ready', () => {
    expect(names([record('web', 1, { condition: 'started' })])['web']).toEqual(['10.4.1.2']);
  });

  it('knows nothing of instances that have completed or have no address', () => {
    const { ip: _ip, ...withoutAddress } = record('web', 2);
    expect(names([record('web', 1, { condition: 'completed' }), withoutAddress])).toEqual({});
  });

  it('gives a service its name even where an instance of another one would have it', () => {
    const table = names([record('web', 2), record('web-2', 1, { ip: '10.4.9.9' })]);
    expect(table['web-2']).toEqual(['10.4.9.9']);
  });

  it('sorts replicas by number, not by text', () => {
    const records = [10, 2, 1].map((index) => record('web', index));
    expect(nameTable(shop, records).records.map(({ index }) => index)).toEqual([1, 2, 10]);
  });
});

describe('tableDigest', () => {
  it('does not depend on the order of records', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 5 }), (order) => {
        const table = nameTable(
          shop,
          order.map((index) => record('web', index)),
        );
        const sorted = nameTable(
          shop,
          [1, 2, 3, 4, 5].map((index) => record('web', index)),
        );
        expect(tableDigest(table)).toBe(tableDigest(sorted));
      }),
    );
  });

  it('changes with an address', () => {
    const before = tableDigest(nameTable(shop, [record('web', 1)]));
    expect(tableDigest(nameTable(shop, [record('web', 1, { ip: '10.4.1.99' })]))).not.toBe(before);
  });
});

describe('hostsEntries', () => {
  const tables = (records: readonly NameRecord[]) => new Map([[shop, nameTable(shop, records)]]);

  it('puts instances on the own host first', () => {
    const records = [
      record('web', 1, { host: hostId('host-b') }),
      record('web', 2, { host: hostId('host-a') }),
    ];
    const shared = hostsEntries(consumer(), tables(records)).find(({ names: found }) =>
      found.includes('web'),
    );
    expect(shared?.addresses).toEqual(['10.4.1.3', '10.4.1.2']);
  });

  it('gives different consumers different first addresses, so that load spreads', () => {
    const records = [1, 2, 3].map((index) => record('web', index, { host: hostId('host-z') }));
    const first = new Set(
      Array.from({ length: 20 }, (_, at) => {
        const entries = hostsEntries(
          consumer({ instance: instanceId(`shop.api.${at + 1}`) }),
          tables(records),
        );
        return entries.find(({ names: found }) => found.includes('web'))?.addresses[0];
      }),
    );
    expect(first.size).toBe(3);
  });

  it('shows link aliases to their consumer only, with the names that docker --link gave under v1', () => {
    const links = [
      { project: shop, service: serviceName('redis'), alias: 'db', v1Names: true },
    ] as const;
    const found = (who: NameConsumer): string[] =>
      hostsEntries(who, tables([record('redis', 1)])).flatMap(({ names: line }) => line);
    expect(found(consumer({ links }))).toEqual(
      expect.arrayContaining(['db', 'redis_1', 'shop_redis_1', 'redis', 'redis-1', 'shop-redis-1']),
    );
    expect(found(consumer())).not.toContain('db');
  });

  it('keeps every name on one entry, and every address of a name on it', () => {
    const arbitrary = fc.uniqueArray(
      fc.record({
        service: fc.constantFrom('web', 'api', 'web-1'),
        index: fc.integer({ min: 1, max: 4 }),
        condition: fc.constantFrom('started', 'ready', 'completed'),
      }),
      { selector: ({ service, index }) => `${service} ${index}` },
    );
    fc.assert(
      fc.property(arbitrary, (list) => {
        const records = list.map(({ service, index, condition }, at) =>
          record(service, index, {
            condition: condition,
            ip: `10.4.2.${at + 1}`,
          }),
        );
        const table = nameTable(shop, records);
        const entries = hostsEntries(consumer(), new Map([[shop, table]]));
        const seen = entries.flatMap(({ names: line }) => line);
        expect(new Set(seen).size).toBe(seen.length);
        for (const { name, records: expected } of table.entries) {
          const entry = entries.find(({ names: line }) => line.includes(name));
          expect([...(entry?.addresses ?? [])].sort()).toEqual(expected.map(({ ip }) => ip).sort());
        }
      }),
    );
  });
});
