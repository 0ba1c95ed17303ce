import { parseKey, parseInstanceId, keys as keysOf, type ParsedKey } from '@nap/shared';
import type { EtcdFlags } from '@nap/shared/runtime';
import { readContexts } from '../contexts/stored-contexts.js';
import { commandsFor } from './all.js';
import { completionOf, type Named } from './completion-words.js';
import { connector } from './connect.js';
import { withStore, type CommandContext } from './context.js';
import { settled, type CommandDescription } from './declare-command.js';
import { etcdFlags, globalFlags } from './global-flags.js';

/** Nobody waits longer for a name after a press of the key. */
const WITHIN_MS = 1_000;

/** Prints what the last word may become, a line each. Says nothing of what goes wrong: people are typing. */
export async function printCompletions(
  context: CommandContext,
  words: readonly string[],
): Promise<void> {
  const current = words.at(-1) ?? '';
  const silent = { ...context, err: () => undefined };
  const commands = (await commandsFor(words.slice(0, -1), silent)).map(described);
  const { words: known, named, suffix = '', given } = completionOf(words, commands);
  const names = named === undefined ? [] : await withinReason(namesFor(named, silent, given));
  const all = [...known, ...names.map((name) => `${name}${suffix}`)];
  for (const word of new Set(all)) if (word.startsWith(current)) context.out(word);
}

function described(command: Awaited<ReturnType<typeof commandsFor>>[number]): CommandDescription {
  if (typeof command !== 'function') return { ...command, flags: {} };
  const { description } = command;
  return withGlobal(description);
}

function withGlobal(description: CommandDescription): CommandDescription {
  const { commands, flags } = description;
  if (commands !== undefined) return { ...description, commands: commands.map(withGlobal) };
  return { ...description, flags: { ...flags, ...globalFlags } };
}

async function withinReason(names: Promise<readonly string[]>): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((resolve) => {
    setTimeout(resolve, WITHIN_MS, []).unref();
  });
  return Promise.race([names.catch(() => []), late]);
}

async function namesFor(
  named: Named,
  context: CommandContext,
  given: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  if (named === 'context') return [...(await readContexts(context)).byName.keys()];
  const prefix = named === 'host' ? keysOf.hosts() : keysOf.placements();
  const prefixes = named === 'project' ? [keysOf.projects(), prefix] : [prefix];
  const signal = AbortSignal.timeout(WITHIN_MS);
  const found = await withStore(await etcdOf(context, given), (store) =>
    store.keys(prefixes, signal),
  );
  return [...new Set(found.flatMap((key) => nameIn(parseKey(key), named)))].sort();
}

function nameIn(key: ParsedKey | undefined, named: Named): readonly string[] {
  if (key === undefined) return [];
  if (named === 'host') return 'host' in key ? [key.host] : [];
  if (named === 'project' && 'project' in key) return [key.project];
  if (!('instance' in key)) return [];
  if (named === 'instance') return [key.instance];
  const parts = parseInstanceId(key.instance);
  return parts === undefined ? [] : [named === 'project' ? parts.project : parts.service];
}

/** As a command would be told, of the words that stand there already. */
async function etcdOf(
  context: CommandContext,
  given: Readonly<Record<string, string>>,
): Promise<EtcdFlags> {
  const connect = connector(context);
  const { etcd, ...others } = given;
  const endpoints = etcd === undefined ? {} : { etcd: [etcd] };
  const camelCase = Object.entries(others).map(([name, value]) => [
    name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  const args = { ...others, ...endpoints, ...(Object.fromEntries(camelCase) as object) };
  const run = { words: [], env: context.env, connect, done: () => undefined };
  // What is missing is filled in from the defaults of the flags, which are those that EtcdFlags asks for.
  return (await settled(etcdFlags, args, run)) as unknown as EtcdFlags;
}
