import fc from 'fast-check';
import type { HostsEntry } from '@nap/shared';
import { applyEdits, type Edit, renderHosts } from './render.js';
import { isFree, isSlot } from './slots.js';

const address = fc.integer({ min: 1, max: 12 }).map((n) => `10.4.${n % 3}.${n * 19}`);
const name = fc.constantFrom(
  'web',
  'web-1',
  'web-2',
  'db',
  'shop-db-1',
  'a-very-long-name-of-a-service-x9',
);

/** As the name table gives them: every name stands in one entry, with one or more distinct addresses. */
const entries: fc.Arbitrary<readonly HostsEntry[]> = fc
  .uniqueArray(name, { maxLength: 6 })
  .chain((names) =>
    fc
      .array(
        fc.record({
          cut: fc.integer({ min: 1, max: 3 }),
          addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 4 }),
        }),
        { minLength: names.length, maxLength: names.length },
      )
      .map((groups) => {
        const left = [...names];
        return groups.flatMap(({ cut, addresses }) => {
          const taken = left.splice(0, cut);
          return taken.length > 0 ? [{ names: taken, addresses }] : [];
        });
      }),
  );

const foreignLine = fc.constantFrom(
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost',
  '172.17.0.3\tweb-1',
  '# nap is great',
  '10.0.0.1 mine # nap',
  '',
  'caf\u00e9 \t strange',
);
const file = fc
  .tuple(fc.array(foreignLine, { maxLength: 6 }), fc.boolean())
  .map(([lines, isEnded]) => lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : ''));
const history = fc.array(entries, { minLength: 1, maxLength: 6 });
const render = (wanted: readonly HostsEntry[], existing: string) =>
  renderHosts({ entries: wanted, existing, seeds: [] });

/** What a resolver reads: the addresses of a name, in file order. */
function resolve(text: string, wanted: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [ip = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return names.includes(wanted) ? [ip] : [];
  });
}
const statesOf = (before: string, edits: readonly Edit[]): readonly string[] =>
  edits.reduce((done, edit) => [...done, applyEdits(done.at(-1) ?? before, [edit])], [before]);

/** As a disk may take it: piece by piece. */
const written = ({ offset, text }: Edit): readonly Edit[] =>
  [1, 2, 3].map((third) => ({ offset, text: text.slice(0, Math.ceil((text.length * third) / 3)) }));

/** Each name with each of its addresses, as the slots of a file have them. */
const namesIn = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line) => parseSlot(line) ?? [])
    .flatMap((slot) => slot.names.split(' ').map((name) => `${name} ${slot.address}`))
    .sort();

/** The same, as they are wanted. */
const namesOf = (wanted: readonly HostsEntry[]): readonly string[] =>
  wanted
    .flatMap(({ names, addresses }) =>
      names.flatMap((name) => addresses.map((address) => `${name} ${address}`)),
    )
    .sort();

/** Byte by byte, while one state of the file after the other passes. */
function readSlowly(states: readonly string[], delays: Iterable<number>): string {
  const wait = delays[Symbol.iterator]();
  let seen = '';
  let state = 0;
  let left = 0;
  for (let at = 0; at < (states[state]?.length ?? 0); at += 1) {
    if (left === 0) {
      left = Number(wait.next().value);
      state = Math.min(state + 1, states.length - 1);
    } else {
      left -= 1;
    }
    seen += states[state]?.[at] ?? '';
  }
  return seen;
}
function parseSlot(line: string): { address: string; names: string } | undefined {
  const [address = '', ...names] = line.replace(' # nap', '').split(/ +/);
  return isSlot(line) ? { address, names: names.join(' ') } : undefined;
}
const isManaged = (line: string): boolean => isSlot(line) || isFree(line);

/** The file after each rendering of a history, and the entries it was rendered for. */
function replay(start: string, wanted: readonly (readonly HostsEntry[])[]) {
  let text = start;
  return wanted.map((now, at) => {
    const before = text;
    const { edits, text: after } = render(now, before);
    text = after;
    return { before, edits, after, now, last: wanted[at - 1] ?? [] };
  });
}

const check = (property: (step: ReturnType<typeof replay>[number]) => void): void => {
  fc.assert(
    fc.property(file, history, (start, wanted) => {
      replay(start, wanted).forEach(property);
    }),
    { numRuns: 300 },
  );
};

describe('the hosts file, rendered time after time', () => {
  it('is what its edits make of the file before', () => {
    check(({ before, edits, after }) => {
      expect(applyEdits(before, edits)).toBe(after);
    });
  });

  it('needs no edit when nothing has changed', () => {
    check(({ after, now }) => {
      expect(render(now, after).edits).toEqual([]);
    });
  });

  it('has exactly the wanted addresses of every wanted name in its slots', () => {
    check(({ after, now }) => {
      expect(namesIn(after)).toEqual(namesOf(now));
    });
  });

  it('finishes what a crash, or a disk that was full, has left in the middle of a write', () => {
    check(({ before, edits, now }) => {
      for (const left of statesOf(before, edits.flatMap(written))) {
        expect(namesIn(render(now, left).text)).toEqual(namesOf(now));
      }
    });
  });

  it('keeps every other line where it is, byte for byte', () => {
    check(({ before, after }) => {
      const others = before.split('\n').filter((line) => !isManaged(line));
      expect(
        after
          .split('\n')
          .filter((line) => !isManaged(line))
          .slice(0, others.length - 1),
      ).toEqual(others.slice(0, -1));
    });
  });

  it('never moves a line and never shrinks', () => {
    check(({ before, after }) => {
      expect(after.length).toBeGreaterThanOrEqual(before.length);
      const ends = (text: string): number[] =>
        [...text.matchAll(/\n/g)].map((match) => match.index);
      expect(ends(after).slice(0, ends(before).length)).toEqual(ends(before));
    });
  });

  it('resolves every name that is wanted before and after at each moment in between', () => {
    check(({ before, edits, now, last }) => {
      const names = now.flatMap((entry) => entry.names);
      const kept = last.flatMap((entry) => entry.names).filter((old) => names.includes(old));
      edits.forEach((_edit, at) => {
        const text = applyEdits(before, edits.slice(0, at + 1));
        for (const wanted of kept) expect(resolve(text, wanted)).not.toEqual([]);
      });
    });
  });

  it('never answers with an address that was wanted neither before nor after', () => {
    check(({ before, edits, now, last }) => {
      const known = [...last, ...now];
      edits.forEach((_edit, at) => {
        const text = applyEdits(before, edits.slice(0, at + 1));
        for (const line of text.split('\n')) {
          const slot = parseSlot(line);
          if (slot === undefined) continue;
          const addresses = known.flatMap((entry) => entry.addresses);
          expect(addresses).toContain(slot.address);
        }
      });
    });
  });

  it('shows whole lines also to a reader that is overtaken by the edits while it reads', () => {
    const pace = fc.infiniteStream(fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(file, history, pace, (start, wanted, delays) => {
        for (const { before, edits } of replay(start, wanted)) {
          const whole = new Set(statesOf(before, edits).flatMap((text) => text.split('\n')));
          const states = statesOf(before, edits.flatMap(written));
          for (const line of readSlowly(states, delays).split('\n')) {
            if (!line.startsWith('#')) expect(whole).toContain(line);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has the address first that is wanted first', () => {
    check(({ after, now }) => {
      const slots = after.split('\n').flatMap((line) => parseSlot(line) ?? []);
      for (const { names, addresses } of now) {
        const found = slots.find((slot) => slot.names === names.join(' '));
        expect(found?.address).toBe(addresses[0]);
      }
    });
  });

  it('stays within four times what is wanted, however many addresses come, go and change places', () => {
    const addresses = Array.from({ length: 8 }, (_, at) => `10.4.1.${at + 1}`);
    const turned = addresses.map((_, at) => [...addresses.slice(at), ...addresses.slice(0, at)]);
    const order = fc.oneof(
      fc.shuffledSubarray(addresses, { minLength: 1 }).map((it) => [it]),
      fc.constant(turned),
    );
    fc.assert(
      fc.property(fc.array(order, { maxLength: 100 }), (orders) => {
        const history = orders.flat().map((it) => [{ names: ['web'], addresses: it }]);
        const { after = '' } = replay('', history).at(-1) ?? {};
        expect(after.split('\n').length).toBeLessThanOrEqual(4 * addresses.length);
      }),
      { numRuns: 50 },
    );
  });

  it('does not grow for ever when the same instances come and go', () => {
    const web: HostsEntry = { names: ['web-2', 'shop-web-2'], addresses: ['10.4.1.2'] };
    let text = render([web], '127.0.0.1\tlocalhost\n').text;
    const length = text.length;
    for (let round = 0; round < 10; round += 1) {
      text = render([], text).text;
      text = render([web], text).text;
    }
    expect(text).toHaveLength(length);
  });
});
