import { NapError, hasErrors, LIMITS, type Problem, type Project } from '@nap/shared';
import { loadProject, type LoadResult, type Pass } from '../compose/index.js';
import { renderProblems } from '../output/problem-view.js';
import type { CommandContext } from './context.js';

export interface FileArgs {
  readonly files?: readonly string[] | undefined;
  readonly file?: readonly string[] | undefined;
  readonly projectName?: string | undefined;
  readonly profile?: readonly string[] | undefined;
  readonly envFile?: readonly string[] | undefined;
  readonly projectDirectory?: string | undefined;
  readonly strict?: boolean | undefined;
}

/** Reads the Compose files that the flags name. What is wrong with them is in the result. */
export function readFiles(
  context: CommandContext,
  args: FileArgs,
  without: readonly Pass[] = [],
): Promise<LoadResult> {
  return loadProject({
    without,
    isStrict: args.strict === true,
    files: [...(args.files ?? []), ...(args.file ?? [])],
    stdin: context.readStdin,
    cwd: context.cwd,
    env: context.env,
    ...(args.projectName === undefined ? {} : { projectName: args.projectName }),
    ...(args.profile === undefined ? {} : { profiles: args.profile }),
    ...(args.envFile === undefined ? {} : { envFiles: args.envFile }),
    ...(args.projectDirectory === undefined ? {} : { projectDirectory: args.projectDirectory }),
  });
}

/** Reads as `readFiles`. Prints all problems at once; throws BAD_INPUT when one is an error. */
export async function loadFiles(context: CommandContext, args: FileArgs): Promise<LoadResult> {
  const loaded = await readFiles(context, args);
  if (loaded.problems.length > 0) context.err(renderProblems(loaded.problems));
  rejectErrors(loaded.problems);
  return loaded;
}

/** Throws BAD_INPUT when one of them is an error. They are printed already. */
export function rejectErrors(problems: readonly Problem[]): void {
  if (!hasErrors(problems)) return;
  const count = problems.filter(({ severity }) => severity === 'error').length;
  throw new NapError(
    'BAD_INPUT',
    `${count} ${count === 1 ? 'error' : 'errors'} in the Compose files; nothing was changed`,
  );
}

/** The project of a load without errors. */
export function projectOf(loaded: LoadResult): Project {
  if (loaded.project !== undefined) return loaded.project;
  throw new NapError('BAD_INPUT', 'the files describe no project');
}

/** `--scale web=3`: other replicas than the file says, for this apply. Throws USAGE. */
export function withScale(project: Project, scale: readonly string[]): Project {
  const wanted = new Map(scale.map(parseScale));
  for (const name of wanted.keys()) {
    if (!project.services.some((service) => service.name === name)) {
      throw new NapError('USAGE', `--scale ${name}: ${project.name} has no service ${name}`, {
        hint: `there are: ${project.services.map((service) => service.name).join(', ')}`,
      });
    }
  }
  return {
    ...project,
    services: project.services.map((service) => ({
      ...service,
      replicas: wanted.get(service.name) ?? service.replicas,
    })),
  };
}

function parseScale(text: string): [string, number] {
  const [, name, count] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || count === undefined || Number(count) > LIMITS.replicasPerService) {
    throw new NapError('USAGE', `--scale ${text}: expected SERVICE=COUNT`, {
      hint: `such as --scale web=3; at most ${LIMITS.replicasPerService}`,
    });
  }
  return [name, Number(count)];
}
