import { NapError, hasErrors, LIMITS, type Problem, type Project } from '@nap/shared';
import { loadProject, type LoadResult, type Pass } from '../compose/index.js';
import { renderProblems } from '../output/problem-view.js';
import { scaledTo } from '../plan/stopped.js';
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

/**
 * The project with other replicas than it says: `web=3`, as given with `--scale` or to `scale`, which `what` says. Throws
 * NOT_FOUND for a service that is not there, USAGE for one that cannot have that many.
 */
export function withScale(
  project: Project,
  scale: readonly string[],
  what: '--scale' | 'scale',
): Project {
  const wanted = new Map(scale.map((text) => parseScale(text, what)));
  for (const [name, count] of wanted) checkScale(project, name, count, what);
  return {
    ...project,
    services: project.services.map((service) =>
      scaledTo(service, wanted.get(service.name) ?? service.replicas),
    ),
  };
}

function checkScale(project: Project, name: string, count: number, what: string): void {
  const service = project.services.find((it) => it.name === name);
  if (service === undefined) {
    throw new NapError('NOT_FOUND', `${what} ${name}: ${project.name} has no service ${name}`, {
      hint: `there are: ${project.services.map((it) => it.name).join(', ')}`,
    });
  }
  if (service.mode === 'global') {
    throw new NapError('USAGE', `${what} ${name}: it is global, one on every host that takes it`, {
      hint: 'which hosts take it is decided by deploy.placement.constraints',
    });
  }
  if (service.containerName !== undefined && count > 1) {
    throw new NapError(
      'USAGE',
      `${what} ${name}: ${count} replicas cannot share the container name ${service.containerName}`,
      {
        hint: 'remove container_name from the service: instances are called PROJECT-SERVICE-NUMBER',
      },
    );
  }
}

/** Throws USAGE. */
export function parseScale(text: string, what: string): [string, number] {
  const [, name, count] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || count === undefined || Number(count) > LIMITS.replicasPerService) {
    throw new NapError('USAGE', `${what} ${text}: expected SERVICE=COUNT`, {
      hint: `such as ${what} web=3; at most ${LIMITS.replicasPerService}`,
    });
  }
  return [name, Number(count)];
}
