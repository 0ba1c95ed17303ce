/** What happened in one run, in order, as lines: equal runs have equal lines. */
export class Trace {
  readonly lines: string[] = [];

  add(atMs: number, where: string, what: string): void {
    this.lines.push(`${(atMs / 1000).toFixed(3).padStart(8)} ${where.padEnd(8)} ${what}`);
  }
}
