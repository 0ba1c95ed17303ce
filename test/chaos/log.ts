import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** What happened, one JSON object a line, as it happens: a run that is cut short has its log. */
export class ChaosLog {
  readonly file: string;
  private readonly startMs: number;

  constructor(file: string) {
    this.file = file;
    this.startMs = Date.now();
    mkdirSync(dirname(file), { recursive: true });
  }

  add(what: string, more: Readonly<Record<string, unknown>> = {}): void {
    const nowMs = Date.now();
    const line = { atMs: nowMs - this.startMs, time: new Date(nowMs).toISOString(), what, ...more };
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
