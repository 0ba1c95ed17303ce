import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jest } from '@jest/globals';
import { readCorpus, type Case } from './corpus.js';
import { KNOWN_DIFFERENCES } from './known-differences.js';
import { askNap, askReference, fetchReference, layOut, type Answer } from './two-tools.js';

/** nap reads a file as Docker Compose does: both are asked for the canonical form of every file of the corpus. */

jest.setTimeout(30_000);

const reference = fetchReference();

/** Mappings that say nothing: Docker Compose prints them or not, as the merging of files happens to go. */
const SAYS_NOTHING = new Set(['ipam', 'placement', 'resources', 'volume']);

function withoutEmpty(key: string, value: unknown): unknown {
  const isEmpty = value !== null && typeof value === 'object' && Object.keys(value).length === 0;
  return isEmpty && SAYS_NOTHING.has(key) ? undefined : value;
}

/** What both must agree on: whether the file is accepted, and the data that comes out. */
function meaning({ isAccepted, out }: Answer, { configFlags }: Case): unknown {
  if (!isAccepted) return 'refused';
  if (configFlags.includes('json')) return JSON.parse(out, withoutEmpty) as unknown;
  return out.trim().split('\n').sort();
}

async function compare(program: string, one: Case): Promise<void> {
  const asked = one.configFlags.length > 0 ? one : { ...one, configFlags: ['--format', 'json'] };
  const directory = await layOut(one.files);
  try {
    const theirs = await askReference(program, asked, directory);
    const ours = await askNap(asked, directory);
    const agreed = { says: meaning(ours, asked), because: '' };
    const expected = { says: meaning(theirs, asked), because: '' };
    // Only for the reader of a failure.
    if (ours.isAccepted !== theirs.isAccepted) agreed.because = ours.err + theirs.err;
    expect(agreed).toEqual(expected);
  } finally {
    await rm(dirname(directory), { recursive: true, force: true });
  }
}

async function differ(program: string, one: Case): Promise<void> {
  await expect(compare(program, one)).rejects.toThrow();
}

for (const [area, cases] of readCorpus()) {
  describe(area, () => {
    for (const one of cases) {
      const reason = KNOWN_DIFFERENCES[`${area}: ${one.title}`];
      if (reason === undefined) {
        it(one.title, async () => {
          await compare(reference, one);
        });
        continue;
      }
      it(`${one.title} (differs: ${reason})`, () => differ(reference, one));
    }
  });
}

it('every known difference is one of a case', () => {
  const titles = readCorpus().flatMap(([area, cases]) =>
    cases.map(({ title }) => `${area}: ${title}`),
  );
  expect(Object.keys(KNOWN_DIFFERENCES).filter((name) => !titles.includes(name))).toEqual([]);
  expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
});
