import { UNREAD_PASSWORD, UNREAD_PASSWORD_TEXT } from '@nap/shared/runtime';
import { connectionOf, contextInUse, type Given } from '../contexts/connection.js';
import type { CommandContext } from './context.js';
import type { CommandRun } from './declare-command.js';

/** How etcd is reached: the file with contexts is read only where it has something to say. */
export function connector(context: CommandContext): CommandRun['connect'] {
  return async (flags) => {
    if ((context.env[UNREAD_PASSWORD] ?? '') !== '') context.err(`note: ${UNREAD_PASSWORD_TEXT}`);
    const given: Given = { flags, context: lastOf(flags['context']), env: context.env };
    const mayApply = contextInUse(given, 'whichever') !== undefined;
    const nothing = { file: '', current: undefined, byName: new Map<string, never>() };
    if (!mayApply) return connectionOf(given, nothing).values;
    const { readContexts, exposedText } = await import('../contexts/stored-contexts.js');
    const contexts = await readContexts(context);
    if (contexts.isExposed) context.err(exposedText(contexts.file));
    return connectionOf(given, contexts).values;
  };
}

/** A flag that is given twice is a list, as yargs has it: the last one counts. */
function lastOf(value: unknown): string | undefined {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' && last !== '' ? last : undefined;
}
