import { z } from 'zod';
import { NapError } from '../errors/nap-error.js';
import * as documents from './documents.js';
import { hostFactsSchema, type HostFacts } from './host-facts.js';

/** Version of every stored value. A reader refuses newer ones and says so; it never guesses. */
export const VALUE_VERSION = 1;

export interface Codec<T> {
  encode(value: T): string;
  /** Throws BAD_VALUE naming the key when the text is not such a value, or was written by a newer nap. */
  decode(text: string, key: string): T;
}

function parseJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NapError('BAD_VALUE', `the value of ${key} in etcd is not JSON`, {
      cause,
      hint: 'something other than nap wrote it; delete the key, and apply the project again',
    });
  }
}

/** Taken apart by hand, as this is done for every value that is read. Undefined: it is no versioned document. */
function open(json: unknown): { readonly v: number; readonly document: object } | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { v, ...document } = json as Readonly<Record<string, unknown>>;
  return typeof v === 'number' && Number.isSafeInteger(v) ? { v, document } : undefined;
}

/** zod compiles a schema when it first reads with it, which takes as long as reading this many without: most commands read fewer. */
const WORTH_COMPILING = 100;

function codec<S extends z.ZodType>(schema: S): Codec<z.infer<S>> {
  let read = 0;
  return {
    encode: (value) => JSON.stringify({ v: VALUE_VERSION, ...(value as object) }),
    decode: (text, key) => {
      const opened = open(parseJson(text, key));
      if (opened !== undefined && opened.v > VALUE_VERSION) {
        throw new NapError(
          'BAD_VALUE',
          `the value of ${key} in etcd has version ${opened.v}, this nap reads up to ${VALUE_VERSION}`,
          { hint: 'a newer nap wrote it: upgrade this host' },
        );
      }
      read += 1;
      const result = schema.safeParse(opened?.document, { jitless: read <= WORTH_COMPILING });
      if (result.success) return result.data;
      throw new NapError('BAD_VALUE', `the value of ${key} in etcd is not valid`, {
        cause: result.error,
        hint: 'delete the key, and apply the project again',
        details: { key, issues: z.prettifyError(result.error) },
      });
    },
  };
}

export const clusterCodec: Codec<documents.Cluster> = codec(documents.clusterSchema);
export const projectRevisionCodec: Codec<documents.ProjectRevision> = codec(
  documents.projectRevisionSchema,
);
export const rolloutCodec: Codec<documents.Rollout> = codec(documents.rolloutSchema);
export const placementCodec: Codec<documents.Placement> = codec(documents.placementSchema);
export const placementHeaderCodec: Codec<documents.PlacementHeader> = codec(
  documents.placementHeaderSchema,
);
export const nameRecordCodec: Codec<documents.NameRecord> = codec(documents.nameRecordSchema);
export const reportCodec: Codec<documents.Report> = codec(documents.reportSchema);
export const hostInfoCodec: Codec<documents.HostInfo> = codec(documents.hostInfoSchema);
export const hostSessionCodec: Codec<documents.HostSession> = codec(documents.hostSessionSchema);
export const hostPolicyCodec: Codec<documents.HostPolicy> = codec(documents.hostPolicySchema);
export const hostApiCodec: Codec<documents.HostApi> = codec(documents.hostApiSchema);
export const volumeHomeCodec: Codec<documents.VolumeHome> = codec(documents.volumeHomeSchema);
export const fileContentCodec: Codec<documents.FileContent> = codec(documents.fileContentSchema);
export const hostCheckCodec: Codec<documents.HostCheck> = codec(documents.hostCheckSchema);
export const hostFactsCodec: Codec<HostFacts> = codec(hostFactsSchema);
