import { resolve } from 'node:path';
import { EXIT, NapError } from '@nap/shared';
import { checkEtcdFlags, etcdFlags as connectionFlags, type EtcdFlags } from '@nap/shared/runtime';
import { contextInUse } from '../contexts/connection.js';
import { isContextName, requireContext, SETTINGS, type Settings } from '../contexts/contexts.js';
import { withContext, withCurrent, withoutContext } from '../contexts/edit-contexts.js';
import type { ContextProblem } from '../contexts/parse-contexts.js';
import {
  exposedText,
  readLoosely,
  refuseProblems,
  writeContexts,
  type StoredContexts,
} from '../contexts/stored-contexts.js';
import { renderContext, renderContexts } from '../output/context-view.js';
import { renderProblems } from '../output/problem-view.js';
import { outList, type CommandContext } from './context.js';
import { declareCommand, declareGroup, type RegisterCommand } from './declare-command.js';
import { formatFlag, inspectFormatFlag } from './flags.js';

/** The clusters that an operator knows by name, in a file of their own; nothing here talks to etcd. */

const NAME = { type: 'string', description: 'name of a context' } as const;
const oneName = { name: { ...NAME, demandOption: true } } as const;

/** As far as they can be read: whoever is to mend them must not be kept from it by what is wrong with them. */
async function contextsOf(context: CommandContext): Promise<StoredContexts> {
  const contexts = await readLoosely(context);
  if (contexts.isExposed) context.err(exposedText(contexts.file));
  return contexts;
}

/** Other commands refuse the file for them. */
function sayProblems({ err }: CommandContext, problems: readonly ContextProblem[]): void {
  if (problems.length > 0) err(renderProblems(problems).trimEnd());
}

const without = (
  { problems }: StoredContexts,
  names: readonly string[],
): readonly ContextProblem[] => problems.filter((it) => !isOf(names, it));

const isOf = (names: readonly string[], { context }: ContextProblem): boolean =>
  context !== undefined && names.includes(context);

/** Throws NOT_FOUND for one that is none, BAD_CONFIG for one that cannot be used. */
async function requireGood(contexts: StoredContexts, name: string): Promise<Settings> {
  const settings = requireContext(contexts, name);
  await refuseProblems(
    contexts,
    contexts.problems.filter((it) => isOf([name], it)),
  );
  return settings;
}

/** The one that a command without --context would use. */
function inUse(context: CommandContext, contexts: StoredContexts): string | undefined {
  return contextInUse({ flags: {}, context: undefined, env: context.env }, contexts.current);
}

function listCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['ls', 'list'],
    describe: 'list the contexts; * marks the one in use',
    flags: formatFlag,
    examples: [
      ['$0 context ls', 'the clusters that are known by name'],
      ["$0 context ls --format '{{.Name}}'", 'only their names'],
    ],
    run: async (args) => {
      const contexts = await contextsOf(context);
      sayProblems(context, contexts.problems);
      outList(context, renderContexts(contexts, inUse(context, contexts), args.format));
      return EXIT.ok;
    },
  });
}

function useCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['use <name>'],
    describe: 'make a context the current one',
    flags: oneName,
    positionals: ['name'],
    examples: [['$0 context use prod', 'what follows talks to prod']],
    run: async ({ name }) => {
      const contexts = await contextsOf(context);
      await requireGood(contexts, name);
      await writeContexts(context, withCurrent(contexts.text, name));
      const left = contexts.problems.filter(({ path }) => path !== 'current');
      sayProblems(context, left);
      context.err(`the current context is ${name}`);
      for (const other of ['NAP_ETCD', 'NAP_CONTEXT']) {
        if ((context.env[other] ?? '') !== '')
          context.err(`note: ${other} is set and goes before it`);
      }
      return EXIT.ok;
    },
  });
}

function showCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['show [name]', 'inspect'],
    describe: 'show what a context says; without a name the one in use',
    flags: { name: NAME, ...inspectFormatFlag } as const,
    positionals: ['name'],
    examples: [
      ['$0 context show', 'where a command would go now'],
      ['$0 context show prod --format json', 'for scripts; a password is never shown'],
    ],
    run: async (args) => {
      const contexts = await contextsOf(context);
      const name = args.name ?? inUse(context, contexts);
      if (name === undefined) {
        throw new NapError('NOT_FOUND', 'no context is in use', {
          hint: 'nap-controller context ls lists them, context use makes one the current one',
        });
      }
      const settings = await requireGood(contexts, name);
      context.out(renderContext(contexts, name, settings, args.format));
      return EXIT.ok;
    },
  });
}

function addCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['add <name>'],
    describe: 'keep where a cluster is, and how to be let in, under a name',
    details: `The flags are those of every command that talks to etcd. Files are kept by their absolute path, not copied. The first context
that is added becomes the current one. A password goes into a file of its own (\`--etcd-password-file\`).`,
    flags: {
      ...oneName,
      ...connectionFlags,
      replace: { type: 'boolean', default: false, description: 'replace one of the same name' },
      use: { type: 'boolean', default: false, description: 'make it the current one' },
    } as const,
    positionals: ['name'],
    examples: [
      ['$0 context add lab --etcd http://10.0.0.5:2379', 'an etcd without TLS'],
      [
        '$0 context add prod --etcd https://10.0.0.5:2379,https://10.0.0.6:2379 --etcd-ca ca.pem --etcd-cert me.pem --etcd-key me.key --use',
        'with client certificates',
      ],
    ],
    run: async (args) => {
      const { name } = args;
      if (!isContextName(name)) {
        throw new NapError('USAGE', `${JSON.stringify(name)} is no name for a context`, {
          hint: 'letters, digits, _, . and -, at most 63, beginning with a letter or digit',
        });
      }
      const settings = settingsOf(context, args);
      const contexts = await contextsOf(context);
      if (contexts.byName.has(name) && !args.replace) {
        throw new NapError('CONFLICT', `there is a context ${name} in ${contexts.file}`, {
          hint: 'replace it with --replace, or choose another name',
        });
      }
      const added = withContext(contexts.text, name, settings);
      await writeContexts(context, args.use ? withCurrent(added, name) : added);
      sayProblems(context, without(contexts, [name]));
      const isCurrent = args.use || contexts.current === undefined || contexts.current === name;
      context.err(
        `${name} is kept in ${contexts.file}${isCurrent ? ', and is the current one' : ''}`,
      );
      return EXIT.ok;
    },
  });
}

/** What the flags say and is not the default; paths from where the operator stands. Throws USAGE, and as the flags do. */
function settingsOf(
  context: CommandContext,
  args: EtcdFlags & Readonly<Record<string, unknown>>,
): Settings {
  checkEtcdFlags(args);
  const settings: Record<string, string> = {};
  for (const name of SETTINGS) {
    const value = args[name];
    const text = Array.isArray(value) ? value.join(',') : value;
    if (
      typeof text !== 'string' ||
      (name === 'prefix' && text === connectionFlags.prefix.default)
    ) {
      continue;
    }
    if (text.trim() === '') {
      const hint = `leave out --${name}, or say what it is`;
      throw new NapError('BAD_CONFIG', `--${name} is empty`, { hint });
    }
    const isPath = name !== 'prefix' && name !== 'etcd' && name !== 'etcd-user';
    settings[name] = isPath ? resolve(context.cwd, text) : text;
  }
  if (settings['etcd']?.includes('@') === true) {
    throw new NapError('USAGE', '--etcd: user and password do not belong in an endpoint', {
      hint: 'use --etcd-user and --etcd-password-file',
    });
  }
  return settings;
}

function rmCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['rm <names..>', 'remove'],
    describe: 'forget contexts; the clusters do not notice',
    flags: { names: { ...NAME, array: true, demandOption: true } } as const,
    positionals: ['names'],
    examples: [['$0 context rm lab', 'its files with certificates stay']],
    run: async ({ names }) => {
      const contexts = await contextsOf(context);
      for (const name of names) requireContext(contexts, name);
      await writeContexts(context, names.reduce(withoutContext, contexts.text));
      sayProblems(context, without(contexts, names));
      const isCurrent = contexts.current !== undefined && names.includes(contexts.current);
      context.err(
        `forgotten: ${names.join(', ')}${isCurrent ? '; no context is current now' : ''}`,
      );
      return EXIT.ok;
    },
  });
}

export function contextCommand(context: CommandContext): RegisterCommand {
  return declareGroup({
    command: ['context'],
    describe: 'name clusters, and choose which one to talk to',
    commands: [
      listCommand(context),
      useCommand(context),
      showCommand(context),
      addCommand(context),
      rmCommand(context),
    ],
  });
}
