import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { StoreOptions } from './store.js';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** By the Date of the answer, which has whole seconds; absent: within what that can tell, or not given. */
  readonly clockAheadMs?: number;
}

interface HttpOptions {
  readonly tls: StoreOptions['tls'];
  readonly timeoutMs: number;
}

/** Metrics of a member; one with more is not asked to the end. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** What etcd says besides gRPC: its metrics, and the API of version 2. Undefined when it does not answer; never throws. */
export function askHttp(
  endpoint: string,
  path: string,
  { tls, timeoutMs }: HttpOptions,
): Promise<HttpAnswer | undefined> {
  const request = endpoint.startsWith('https:') ? overHttps : overHttp;
  return new Promise((resolve) => {
    const askedAtMs = Date.now();
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request(new URL(path, endpoint), { ...tls, agent: false, signal }, (answer) => {
      const clock = clockOf(answer.headers.date, askedAtMs, Date.now());
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > ANSWER_BYTES_MAX) asked.destroy();
      });
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        resolve({ status: answer.statusCode ?? 0, text, ...clock });
      });
      answer.on('close', () => {
        resolve(undefined);
      });
    });
    asked.on('error', () => {
      resolve(undefined);
    });
    asked.end();
  });
}

/** Positive: the other clock is ahead by at least so much. The Date stands for any moment of its second. */
export function clockOf(
  date: string | undefined,
  askedAtMs: number,
  answeredAtMs: number,
): Pick<HttpAnswer, 'clockAheadMs'> {
  const fromMs = Date.parse(date ?? '');
  if (Number.isNaN(fromMs)) return {};
  const aheadAtLeastMs = fromMs - answeredAtMs;
  const behindAtLeastMs = askedAtMs - (fromMs + 1000);
  if (aheadAtLeastMs > 0) return { clockAheadMs: aheadAtLeastMs };
  return { clockAheadMs: behindAtLeastMs > 0 ? -behindAtLeastMs : 0 };
}

/** Metrics without labels, in Prometheus' text form. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const lines = text.matchAll(/^([a-z_]+) (\S+)$/gm);
  return new Map([...lines].map(([, name = '', value]) => [name, Number(value)]));
}
