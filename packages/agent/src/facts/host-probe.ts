import { execFile } from 'node:child_process';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { HostFacts } from '@nap/shared';

export type DiskFacts = HostFacts['disks'][number];

/** This machine, as far as facts are about it. Nothing throws: what cannot be found out is undefined, or empty. */
export interface HostProbe {
  read(path: string): Promise<string | undefined>;
  list(path: string): Promise<readonly string[]>;
  /** What a command prints; undefined when there is none such, or it fails. */
  run(command: string, args: readonly string[]): Promise<string | undefined>;
  disk(path: string): Promise<DiskFacts | undefined>;
  /** IPv4 addresses with their prefix lengths, by interface. */
  addresses(): ReadonlyMap<string, readonly string[]>;
}

const COMMAND_MS = 5_000;
const COMMAND_BYTES = 4 * 1024 * 1024;

export const hostProbe: HostProbe = {
  read: (path) => readFile(path, 'utf8').catch(() => undefined),

  list: (path) => readdir(path).catch(() => []),

  run: (command, args) =>
    new Promise((resolve) => {
      const options = { timeout: COMMAND_MS, maxBuffer: COMMAND_BYTES };
      execFile(command, [...args], options, (err, stdout) => {
        resolve(err === null ? stdout : undefined);
      });
    }),

  disk: async (path) => {
    try {
      const { blocks, bfree, bavail, bsize, files, ffree } = await statfs(path);
      // As df has it: what only root may take is not there for anybody else.
      const used = blocks - bfree;
      return {
        path,
        totalBytes: blocks * bsize,
        usedPercent: percent(used, used + bavail),
        ...(files === 0 ? {} : { usedInodesPercent: percent(files - ffree, files) }),
      };
    } catch {
      // It is not there (yet): another part of the agent says so.
      return undefined;
    }
  },

  addresses: () =>
    new Map(
      Object.entries(networkInterfaces()).map(([name, addresses = []]) => [
        name,
        addresses.flatMap(({ family, cidr }) => (family === 'IPv4' && cidr !== null ? [cidr] : [])),
      ]),
    ),
};

const percent = (part: number, all: number): number =>
  all <= 0 ? 0 : Math.min(100, Math.round((part / all) * 100));
