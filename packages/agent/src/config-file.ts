import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { NapError } from '@nap/shared';
import { camelCase, type FlagOptions } from '@nap/shared/flags';
import { agentFlags } from './config.js';

const settingsSchema = z.record(z.string(), z.unknown());

/**
 * The settings of a config file, by the names of the flags. Throws BAD_CONFIG for what a flag cannot be: the parser would pass
 * on whatever JSON has. Names that are no flag's are left to it.
 */
export function readConfigFile(path: string): Record<string, unknown> {
  const settings = parsed(path);
  for (const [name, value] of Object.entries(settings)) {
    const expected = expectedInstead(name, value);
    if (expected === undefined) continue;
    throw new NapError('BAD_CONFIG', `--config: ${path}: "${name}": ${expected} is expected`);
  }
  return settings;
}

function parsed(path: string): Record<string, unknown> {
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new NapError('BAD_CONFIG', `--config: ${path} is no JSON file with settings`, { cause });
  }
}

function expectedInstead(name: string, value: unknown): string | undefined {
  const flags: Readonly<Record<string, FlagOptions>> = agentFlags;
  const flag = Object.entries(flags).find(([it]) => it === name || camelCase(it) === name)?.[1];
  if (flag === undefined) return undefined;
  const { type = 'string', array, coerce } = flag;
  if (array === true || coerce !== undefined) {
    const isList = Array.isArray(value) && value.every((it) => typeof it === 'string');
    return isList || typeof value === 'string'
      ? undefined
      : 'a text or a list of texts, such as ["disk=ssd"] or ["gpu=2"],';
  }
  return typeof value === type ? undefined : (EXPECTED[type] ?? 'a text');
}

const EXPECTED: Readonly<Record<string, string>> = { boolean: 'true or false', number: 'a number' };
