const OLDER_RUNS = 'an older container still runs; its replacement: ';

/** What an agent says of a container that is to replace another one, while that runs on. Ahead of the rest: what the program wrote last stands at its end. */
export const besideOlder = (message: string): string => `${OLDER_RUNS}${message}`;

/** Of the replacement alone. */
export const withoutOlder = (message: string): string =>
  message.startsWith(OLDER_RUNS) ? message.slice(OLDER_RUNS.length) : message;
