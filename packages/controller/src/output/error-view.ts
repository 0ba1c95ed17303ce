import { isNapError, messageOf } from '@nap/shared/errors';
import { bySentence, namesTogether } from './together.js';

interface Failed {
  readonly instance: string;
  readonly host?: string;
  readonly reason?: string;
  readonly message?: string;
}

const isList = (value: unknown): value is readonly Failed[] => Array.isArray(value);

/** What a program wrote last stands below the sentence that tells of it, further in. */
const within = (text: string): string => text.replaceAll('\n', '\n    ');

/** Thirty instances that fail for one reason are one line. */
function failedLines(failed: readonly Failed[]): readonly string[] {
  const groups = bySentence(failed, ({ host, reason, message }) => {
    const where = host === undefined ? '' : ` on ${host}`;
    return `${where}: ${reason ?? message ?? ''}`;
  });
  return [...groups].map(
    ([sentence, group]) =>
      `  ${within(`${namesTogether(group.map(({ instance }) => instance))}${sentence}`)}`,
  );
}

/** What a dependency failed of is told with its program's words; other messages have lines of their own making. */
function messageText(message: string): string {
  const [sentence = '', ...lines] = message.split(/(?<=; its last lines:)\n/u);
  return [sentence, ...lines.map(within)].join(within('\n'));
}

/** An error for people: what happened, to what, and what to do next. A bug shows its stack, as `explain` has it. */
export function errorText(
  err: unknown,
  explain: (stack: string) => string = (stack) => stack,
): string {
  if (!isNapError(err)) {
    const stack = err instanceof Error ? explain(err.stack ?? err.message) : messageOf(err);
    return `error: unexpected: ${stack}\n  this is a bug in nap; please report it with the lines above`;
  }
  const failed = err.details['unplaced'] ?? err.details['failed'];
  const list = isList(failed) ? failedLines(failed) : [];
  const moved = err.details['moved'];
  const sentences = Array.isArray(moved)
    ? moved.map((sentence) => `  ${within(String(sentence))}`)
    : [];
  const hint = err.hint === undefined ? [] : [`  ${err.hint}`];
  return [`error: ${messageText(err.message)}`, ...list, ...sentences, ...hint].join('\n');
}
