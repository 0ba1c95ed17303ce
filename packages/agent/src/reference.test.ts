import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { variableOf } from '@nap/shared/flags';
import type { Options } from 'yargs';
import { agentFlags } from './config.js';

const path = fileURLToPath(new URL('../../../deploy/README.md', import.meta.url));
const TABLE = /(?<=^\| flag \| variable \|.*\n\|[ -|]*\n)(\|.*\n)*/m;

function rowOf([name, flag]: readonly [string, Options]): string {
  const { description = '', choices, array } = flag;
  const value = flag.default as string | number | boolean | undefined;
  const words = choices === undefined ? '' : `: ${choices.map((it) => `\`${it}\``).join(', ')}`;
  const fallback = value === undefined || array === true ? '' : `\`${value}\``;
  return `| \`--${name}\` | \`${variableOf(name)}\` | ${description}${words} | ${fallback} |\n`;
}

/** To write it anew: UPDATE_DOCS=1 npm run jest -- --selectProjects unit --testPathPatterns agent/src/reference */
it('deploy/README.md lists the flags of the agent, and their variables', () => {
  const rows = Object.entries<Options>(agentFlags).map(rowOf).join('');
  const text = readFileSync(path, 'utf8');
  if (process.env['UPDATE_DOCS'] !== undefined)
    writeFileSync(
      path,
      text.replace(TABLE, () => rows),
    );
  expect(TABLE.exec(readFileSync(path, 'utf8'))?.[0]).toBe(rows);
});

it('each says what it is about', () => {
  const silent = Object.entries<Options>(agentFlags).filter(
    ([, { description = '' }]) => !description,
  );
  expect(silent.map(([name]) => name)).toEqual([]);
});
