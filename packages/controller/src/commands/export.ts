import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EXIT, NapError, type ProjectName, type ProjectRevision } from '@nap/shared';
import { exportProject, renderExport, type SuppliedFile } from '../compose/index.js';
import { exportComment, supplyText } from '../output/export-view.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { keptRevisions } from '../plan/kept-revisions.js';
import { readView } from '../rollout/read-view.js';
import { readConfigContents } from '../rollout/config-contents.js';
import { cannotWrite } from './cannot-write.js';
import { onlyProject, selectProjects, withStore, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { etcdFlags, projectFlag } from './flags.js';

const flags = {
  ...etcdFlags,
  ...projectFlag,
  revision: { type: 'number', description: 'a revision that history lists; the current one' },
  output: {
    alias: 'o',
    type: 'string',
    requiresArg: true,
    description: 'file to write to; configs that are no text are written beside it',
  },
} as const;

/** The stored project as a Compose file: applied again, it changes nothing. Holds the values of variables, but no secret. */
export function exportCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['export'],
    describe: 'print a Compose file of what runs; applied again, it changes nothing',
    flags,
    examples: [
      ['$0 export -p shop -o shop.yml', 'for only its owner to read: it holds environment values'],
      ['$0 export -p shop --revision 3', 'as it was then'],
    ],
    run: (args) =>
      withStore(args, async (store) => {
        const view = await readView(store, context.signal);
        const [named] =
          args.projectName === undefined ? [] : selectProjects(view, args.projectName);
        const stored = revisionOf(view, named ?? onlyProject(view), args.revision);
        const { project } = stored;
        const contents = await readConfigContents(store, project, context.signal);
        const exported = exportProject(project, contents);
        const text = renderExport(exported, exportComment(stored, exported.files));
        await print(context, text, exported.files, args.output);
        for (const note of exported.notes) context.err(`note: ${note}`);
        const isThere = (file: SuppliedFile): boolean =>
          args.output !== undefined && file.content !== undefined;
        for (const file of exported.files) {
          if (!isThere(file)) context.err(`note: before it is applied: ${supplyText(file)}`);
        }
        return EXIT.ok;
      }),
  });
}

/** The current one where none is named. Throws NOT_FOUND. */
function revisionOf(
  view: ClusterView,
  project: ProjectName,
  wanted: number | undefined,
): ProjectRevision {
  const current = view.projects.get(project);
  const { revisions } = keptRevisions(view, project);
  const found =
    wanted === undefined ? current : revisions.find(({ revision }) => revision === wanted);
  if (found !== undefined) return found;
  const known = revisions.map(({ revision }) => revision).reverse();
  throw new NapError(
    'NOT_FOUND',
    wanted === undefined
      ? `${project} is being taken down: there is nothing to export`
      : `${project} has no kept revision ${wanted}`,
    known.length === 0 ? {} : { hint: `there are: ${known.join(', ')}` },
  );
}

async function print(
  context: CommandContext,
  text: string,
  files: readonly SuppliedFile[],
  output: string | undefined,
): Promise<void> {
  if (output === undefined) {
    context.out(text.trimEnd());
    return;
  }
  const file = resolve(context.cwd, output);
  await write(file, text);
  for (const { path, content } of files) {
    if (content === undefined) continue;
    await write(resolve(dirname(file), path), Buffer.from(content, 'base64'));
  }
}

/** For nobody else to read: environment values may be secrets. */
const OWNER_ONLY = 0o600;

async function write(file: string, data: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, data, { mode: OWNER_ONLY });
  } catch (err) {
    throw cannotWrite('--output', file, err);
  }
}
