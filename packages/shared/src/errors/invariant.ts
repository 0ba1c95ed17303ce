/** nap itself is wrong. Never caught below `main`: the process ends and systemd starts it again. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function invariant(condition: boolean, why: string): asserts condition {
  if (!condition) throw new InvariantError(`bug in nap: ${why}`);
}

/** Ends a switch over a union, so that a new member does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new InvariantError(`bug in nap: unhandled case ${JSON.stringify(value)}`);
}
