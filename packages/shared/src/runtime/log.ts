import { createRequire } from 'node:module';
import type Winston from 'winston';

/** Constant message, variables as fields: `log.info('instance started', { instance, durationMs })`. */
export interface Log {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  child(fields: Readonly<Record<string, unknown>>): Log;
}

/** The gravest first. */
const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** By default standard error. */
  readonly to?: NodeJS.WritableStream;
}

/** Errors become data: code, message and the messages of their causes; a stack only for bugs (plain Errors). */
function describeError(err: unknown): unknown {
  if (!(err instanceof Error)) return err;
  const code = 'code' in err && typeof err.code === 'string' ? { code: err.code } : {};
  const stack = err.name === 'NapError' ? {} : { stack: err.stack };
  const cause = err.cause === undefined ? {} : { cause: describeError(err.cause) };
  return { ...code, message: err.message, ...cause, ...stack };
}

/** Loaded when there is something to log: most commands have nothing, and their start is waited for. */
function loadWinston(): typeof Winston {
  return createRequire(import.meta.url)('winston') as typeof Winston;
}

/** A daemon's log: one JSON object a line, on standard error, which journald keeps. */
export function createLog(options: LogOptions): Log {
  const winston = loadWinston();
  const plainErrors = winston.format((info) => {
    for (const [key, value] of Object.entries(info)) {
      if (value instanceof Error) info[key] = describeError(value);
    }
    return info;
  });
  const logger = winston.createLogger({
    level: options.level,
    format: winston.format.combine(
      winston.format.timestamp(),
      plainErrors(),
      winston.format.json(),
    ),
    transports: [
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's types differ from its classes
      new winston.transports.Stream({ stream: options.to ?? process.stderr }),
    ],
  });
  return wrap(logger, options.level, options.fields ?? {});
}

function wrap(logger: Winston.Logger, most: LogLevel, own: Readonly<Record<string, unknown>>): Log {
  // Winston makes the text of a message before it looks whether anybody wants it, and each pass of each loop has one.
  const at = (level: LogLevel): Log['info'] =>
    LEVELS.indexOf(level) > LEVELS.indexOf(most)
      ? nothing
      : (message, fields) => {
          logger.log(level, message, { ...own, ...fields });
        };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => wrap(logger, most, { ...own, ...fields }),
  };
}

const nothing = (): void => undefined;

/** For tests and for commands whose output is not a log. */
export const silentLog: Log = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  child: () => silentLog,
};
