import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';

export interface Dialled {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  /** With a `?` at its end. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: Readable;
  readonly signal?: AbortSignal;
}

interface Modem {
  dial(options: object, callback: (err: unknown, answer: IncomingMessage) => void): void;
}

/**
 * A call whose answer is read as it comes: dockerode keeps the whole of some answers in memory, logs among them. Errors are
 * those of dockerode.
 */
export function dial(
  docker: Docker,
  { method, path, query, body, signal }: Dialled,
): Promise<IncomingMessage> {
  // The library has no types for it, and calls it itself for all of its own requests.
  const modem = docker.modem as Modem;
  const options = Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined),
  );
  return new Promise((resolve, reject) => {
    modem.dial(
      {
        ...{ method, path, options, isStream: true, abortSignal: signal },
        ...(body === undefined ? {} : { file: body }),
        statusCodes: { 200: true },
      },
      (err, answer) => {
        if (err === null || err === undefined) resolve(answer);
        else reject(err instanceof Error ? err : new Error(JSON.stringify(err)));
      },
    );
  });
}
