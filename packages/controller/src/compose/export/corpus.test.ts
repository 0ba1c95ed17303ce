import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadTexts } from '../testing/load-texts.js';
import { exportedAndRead, sayable } from '../testing/round-trip.js';

/** The files with which nap is compared with Docker Compose; their flags do not matter here. */
const corpus = fileURLToPath(new URL('../../../../../test/conformance/corpus/', import.meta.url));

/** Title and files of each case of one text: see test/conformance/corpus.ts. */
function casesOf(text: string): readonly (readonly [string, Readonly<Record<string, string>>])[] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((one) => {
      const [title = '', ...lines] = one.split('\n');
      const body = lines.filter((line, at) => at > 0 || !line.startsWith('$ ')).join('\n');
      const [first = '', ...others] = body.split(/^--- /m);
      const more = others.map((file) => {
        const end = file.indexOf('\n');
        return [file.slice(0, end).trim(), file.slice(end + 1)];
      });
      return [title, { 'compose.yml': first, ...Object.fromEntries(more) }] as const;
    });
}

it.each(readdirSync(corpus))(
  '%s: what nap takes is the same project when exported',
  async (name) => {
    let exported = 0;
    for (const [title, texts] of casesOf(readFileSync(`${corpus}${name}`, 'utf8'))) {
      const loaded = await loadTexts(texts, { profiles: ['*'] });
      if (loaded.project === undefined) continue;
      exported += 1;
      expect({ title, read: await exportedAndRead(loaded) }).toEqual({
        title,
        read: sayable(loaded),
      });
    }
    expect(exported).toBeGreaterThan(0);
  },
);
