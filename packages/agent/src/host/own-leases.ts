import { z } from 'zod';
import type { Log } from '@nap/shared/runtime';
import type { TextFiles } from '../state/json-file.js';

/** After a restore from a backup one of a while ago may be the one that etcd knows. */
const KEPT = 20;

const leasesSchema = z.array(z.string());

/**
 * The leases under which this machine has registered since it was booted, by whichever life of its agent: what tells its own
 * former session from that of a copy of the machine. They are in memory (the run directory), which a copy of its disk has not.
 */
export class OwnLeases {
  private readonly files: TextFiles;
  private readonly path: string;
  private readonly log: Log;
  private known: readonly string[] | undefined;

  constructor(files: TextFiles, runDir: string, log: Log) {
    this.files = files;
    this.path = `${runDir}/leases.json`;
    this.log = log;
  }

  has(lease: string): boolean {
    return this.known?.includes(lease) === true;
  }

  /** Never throws: without them an agent that is started again waits for the end of its own lease. */
  async load(): Promise<void> {
    if (this.known !== undefined) return;
    this.known = [];
    try {
      const text = await this.files.read(this.path);
      if (text !== undefined) this.known = leasesSchema.parse(JSON.parse(text));
    } catch (err) {
      this.log.warn('cannot read the leases of this host', { path: this.path, err });
    }
  }

  /** Never throws, as `load`. */
  async add(lease: string): Promise<void> {
    if (this.has(lease)) return;
    this.known = [...(this.known ?? []), lease].slice(-KEPT);
    try {
      await this.files.write(this.path, JSON.stringify(this.known));
    } catch (err) {
      this.log.warn('cannot write the leases of this host', { path: this.path, err });
    }
  }
}
