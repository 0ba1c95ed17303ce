import { NapError, type ContainerSpec, type MountSpec } from '@nap/shared';
import { splitWords } from '../compose/canonicalise/words.js';
import { ownValue } from './exec.js';

export interface SpecChanges {
  /** Empty: the service's own. */
  readonly command: readonly string[];
  /** `KEY=VALUE`, or `KEY` for the operator's own value. */
  readonly env: readonly string[];
  readonly labels: readonly string[];
  readonly volumes: readonly string[];
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  readonly entrypoint: string | undefined;
  readonly isTerminal: boolean;
  readonly hasInput: boolean;
  /** The operator's environment. */
  readonly own: Readonly<Record<string, string | undefined>>;
}

/** The spec of a one-off with what the command line says instead. Throws USAGE. */
export function changedSpec(spec: ContainerSpec, changes: SpecChanges): ContainerSpec {
  const { command: _command, entrypoint: _entrypoint, ...rest } = spec;
  const { user, workdir, isTerminal, hasInput, own } = changes;
  // As docker does: a program that is not told draws for the dullest of terminals.
  const term = own['TERM'];
  const terminal = isTerminal && term !== undefined ? { TERM: term } : {};
  const given = changes.env.map((it) => pairOf(ownValue(it, own), '--env'));
  return {
    ...rest,
    ...programOf(spec, changes),
    environment: { ...spec.environment, ...terminal, ...Object.fromEntries(given) },
    labels: {
      ...spec.labels,
      ...Object.fromEntries(changes.labels.map((it) => pairOf(it, '--label'))),
    },
    mounts: [...spec.mounts, ...changes.volumes.map(mountOf)],
    ...(user === undefined ? {} : { user }),
    ...(workdir === undefined ? {} : { workingDir: workdir }),
    tty: isTerminal,
    stdinOpen: hasInput,
  };
}

/** Another entrypoint has no use for the words that were meant for the first one. */
function programOf(
  spec: ContainerSpec,
  { command, entrypoint }: SpecChanges,
): Pick<ContainerSpec, 'command' | 'entrypoint'> {
  const words = command.length === 0 ? undefined : [...command];
  if (entrypoint !== undefined) {
    return { entrypoint: wordsOf(entrypoint), ...(words === undefined ? {} : { command: words }) };
  }
  const own = words ?? spec.command;
  return {
    ...(spec.entrypoint === undefined ? {} : { entrypoint: spec.entrypoint }),
    ...(own === undefined ? {} : { command: own }),
  };
}

function wordsOf(text: string): string[] {
  const words = splitWords(text);
  if (words !== undefined) return [...words];
  throw new NapError('USAGE', `--entrypoint: a quote is not closed in ${JSON.stringify(text)}`);
}

function pairOf(text: string, flag: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at === 0) {
    throw new NapError('USAGE', `${flag}: ${JSON.stringify(text)} has no name`, {
      hint: 'such as KEY=VALUE',
    });
  }
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const VOLUME = /^(\/[^:]*):(\/[^:]*?)(?::(ro|rw))?$/;

function mountOf(text: string): MountSpec {
  const [, source, target, mode] = VOLUME.exec(text) ?? [];
  if (source === undefined || target === undefined) {
    throw new NapError('USAGE', `--volume: ${JSON.stringify(text)} is no HOST-PATH:PATH[:ro]`, {
      hint: 'both are absolute; the path is one of the host that it runs on: see --host',
    });
  }
  return { type: 'bind', source, target, ...(mode === 'ro' ? { readOnly: true } : {}) };
}
