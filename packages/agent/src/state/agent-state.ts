import { z } from 'zod';
import {
  failureCauseSchema,
  isInstanceId,
  isSpecHash,
  messageOf,
  nameRecordSchema,
  placementSchema,
  type InstanceId,
  type NameRecord,
  type Placement,
  type ProjectName,
} from '@nap/shared';
import type { Log } from '@nap/shared/runtime';
import type { StoreHistory } from '../desired/store-history.js';
import type { AddressBook } from '../network/address-book.js';
import type { InstanceMemory } from '../reconcile/memory.js';
import type { TextFiles } from './json-file.js';

/**
 * What the agent keeps on its disk, so that a host starts its instances, in order, while etcd is away, and remembers why
 * containers ended. All of it is a cache or a memory: losing it costs decisions about the past, never data.
 */
export interface DesiredCache {
  readonly cluster: string;
  readonly placements: readonly Placement[];
}

export interface AgentMemory {
  readonly instances: ReadonlyMap<InstanceId, InstanceMemory>;
  readonly addresses: AddressBook | undefined;
  /** Flannel was in use on this host. */
  readonly hasFlannel: boolean;
  /** When this agent has pulled which images. */
  readonly pulls: ReadonlyMap<string, number>;
  /** Of the start of the engine that was seen last. */
  readonly engineLife: string | undefined;
}

const desiredSchema = z.object({ cluster: z.string(), placements: z.array(placementSchema) });
const historySchema = z.object({
  revision: z.string().regex(/^\d+$/),
  doubted: z.array(z.string().refine(isInstanceId)),
});
const namesSchema = z.array(nameRecordSchema);

const exitSchema = z.object({
  containerId: z.string(),
  startedAt: z.string(),
  cause: z.enum(['itself', 'taken-down', 'interrupted', 'stopped']),
  exitCode: z.number(),
  finishedAtMs: z.number(),
});

const instanceSchema = z.object({
  specHash: z.string().refine(isSpecHash),
  restarts: z.number(),
  failedExits: z.number(),
  troubles: z.number(),
  retryAtMs: z.number().exactOptional(),
  isTakingAway: z.boolean().exactOptional(),
  trouble: z
    .object({
      cause: failureCauseSchema,
      message: z.string(),
      exitCode: z.number().exactOptional(),
      outOfMemory: z.literal(true).exactOptional(),
    })
    .exactOptional(),
  exit: exitSchema.exactOptional(),
  completedAtMs: z.number().exactOptional(),
  adopted: z.object({ containerId: z.string(), cluster: z.string() }).exactOptional(),
  misaddressed: z.string().exactOptional(),
  joined: z
    .object({
      containerId: z.string(),
      startedAt: z.string(),
      partners: z.array(z.tuple([z.string().refine(isInstanceId), z.string()])),
    })
    .exactOptional(),
  pulledAtMs: z.number().exactOptional(),
  hooks: z
    .object({
      containerId: z.string(),
      startedAt: z.string(),
      outcome: z.enum(['done', 'failed']),
    })
    .exactOptional(),
  isRemoved: z.boolean().exactOptional(),
  restartedFor: z.number().exactOptional(),
  hasTakenOver: z.boolean().exactOptional(),
  refresh: z
    .object({
      asked: z.number(),
      failed: z
        .object({ tries: z.number(), retryAtMs: z.number(), message: z.string() })
        .exactOptional(),
      outdated: z.string().exactOptional(),
    })
    .exactOptional(),
});

const holderSchema = z.object({
  instance: z.string().refine(isInstanceId),
  freedAtMs: z.number().exactOptional(),
  isOutgoing: z.boolean().exactOptional(),
});

const memorySchema = z.object({
  instances: z.array(z.tuple([z.string().refine(isInstanceId), instanceSchema])),
  addresses: z
    .object({ subnet: z.string(), addresses: z.array(z.tuple([z.string(), holderSchema])) })
    .exactOptional(),
  hasFlannel: z.boolean(),
  /** These are not yet there in what an older agent has written. */
  pulls: z.array(z.tuple([z.string(), z.number()])).exactOptional(),
  engineLife: z.string().exactOptional(),
});

export class AgentState {
  private readonly files: TextFiles;
  private readonly dir: string;
  private readonly log: Log;
  private readonly written = new Map<string, string>();

  constructor(files: TextFiles, dir: string, log: Log) {
    this.files = files;
    this.dir = dir;
    this.log = log;
  }

  async loadDesired(): Promise<DesiredCache | undefined> {
    return this.load('placements.json', desiredSchema);
  }

  async loadHistory(): Promise<StoreHistory | undefined> {
    const stored = await this.load('history.json', historySchema);
    if (stored === undefined) return undefined;
    return { revision: BigInt(stored.revision), doubted: new Set(stored.doubted) };
  }

  async loadNames(): Promise<readonly NameRecord[]> {
    return (await this.load('names.json', namesSchema)) ?? [];
  }

  async loadMemory(): Promise<AgentMemory> {
    const stored = await this.load('memory.json', memorySchema);
    const book = stored?.addresses;
    return {
      instances: new Map(stored?.instances ?? []),
      addresses:
        book === undefined
          ? undefined
          : { subnet: book.subnet, addresses: new Map(book.addresses) },
      hasFlannel: stored?.hasFlannel ?? false,
      pulls: new Map(stored?.pulls ?? []),
      engineLife: stored?.engineLife,
    };
  }

  /** Each writes only when something has changed. */
  async saveDesired(desired: DesiredCache): Promise<void> {
    await this.save('placements.json', desired);
  }

  async saveHistory({ revision, doubted }: StoreHistory): Promise<void> {
    await this.save('history.json', { revision: revision.toString(), doubted: [...doubted] });
  }

  async saveNames(names: ReadonlyMap<ProjectName, readonly NameRecord[]>): Promise<void> {
    await this.save('names.json', [...names.values()].flat());
  }

  async saveMemory(memory: AgentMemory): Promise<void> {
    const { instances, addresses, hasFlannel, pulls, engineLife } = memory;
    await this.save('memory.json', {
      instances: [...instances],
      ...(addresses === undefined
        ? {}
        : { addresses: { subnet: addresses.subnet, addresses: [...addresses.addresses] } }),
      hasFlannel,
      pulls: [...pulls],
      ...(engineLife === undefined ? {} : { engineLife }),
    });
  }

  private async load<S extends z.ZodType>(
    name: string,
    schema: S,
  ): Promise<z.infer<S> | undefined> {
    const path = `${this.dir}/${name}`;
    const text = await this.files.read(path);
    if (text === undefined) return undefined;
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) {
      this.written.set(name, text);
      return parsed.data;
    }
    // Going on without it is better than not going on: etcd and the engine have what matters.
    this.log.warn('cannot read the cached state, going on without it', {
      path,
      reason: messageOf(parsed.error).slice(0, 300),
    });
    return undefined;
  }

  private async save(name: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    if (this.written.get(name) === text) return;
    await this.files.write(`${this.dir}/${name}`, text);
    this.written.set(name, text);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it like any other text that is not ours.
    return undefined;
  }
}
