import { isNapError, messageOf } from '@nap/shared/errors';

interface Failed {
  readonly instance: string;
  readonly host?: string;
  readonly reason?: string;
  readonly message?: string;
}

const isList = (value: unknown): value is readonly Failed[] => Array.isArray(value);

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
  const list = isList(failed)
    ? failed.map(({ instance, host, reason, message }) => {
        const where = host === undefined ? '' : ` on ${host}`;
        return `  ${instance}${where}: ${reason ?? message ?? ''}`;
      })
    : [];
  const moved = err.details['moved'];
  const sentences = Array.isArray(moved) ? moved.map((sentence) => `  ${String(sentence)}`) : [];
  const hint = err.hint === undefined ? [] : [`  ${err.hint}`];
  return [`error: ${err.message}`, ...list, ...sentences, ...hint].join('\n');
}
