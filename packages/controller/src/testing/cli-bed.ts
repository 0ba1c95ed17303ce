import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  makeCertificates,
  startEtcd,
  type Certificates,
  type EtcdCluster,
} from '@nap/shared/testing';
import { FakeCluster } from './builders.js';
import { runCommand, type Outcome } from './command-context.js';

/** The command line, a real etcd that knows of some hosts, and a directory for files. */
export class CliBed {
  readonly cluster: EtcdCluster;
  readonly directory: string;

  private constructor(cluster: EtcdCluster, directory: string) {
    this.cluster = cluster;
    this.directory = directory;
  }

  static async open(...hosts: readonly string[]): Promise<CliBed> {
    const directory = await mkdtemp(join(tmpdir(), 'nap-cli-'));
    const bed = new CliBed(await startEtcd(), directory);
    if (hosts.length > 0) await bed.addHosts(...hosts);
    return bed;
  }

  /** Its etcd lets in those who have a certificate: these users. */
  static async secured(
    ...users: readonly string[]
  ): Promise<{ readonly bed: CliBed; readonly certificates: Certificates }> {
    const directory = await mkdtemp(join(tmpdir(), 'nap-cli-'));
    const certificates = await makeCertificates(directory, users);
    return { bed: new CliBed(await startEtcd({ certificates }), directory), certificates };
  }

  /** As if their agents had registered. */
  async addHosts(...hosts: readonly string[]): Promise<void> {
    for (const [key, value] of new FakeCluster(...hosts).entries) {
      await this.cluster.ctl(['put', `/nap/v1/${key}`, value]);
    }
  }

  run(...argv: readonly string[]): Promise<Outcome> {
    const env = { NAP_ETCD: this.cluster.endpoints.join(',') };
    return runCommand(argv, { cwd: tmpdir(), env });
  }

  /** Returns its path. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    return path;
  }

  async close(): Promise<void> {
    await this.cluster.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
