import { EXIT, type ProjectName } from '@nap/shared';
import { renderHistory } from '../output/history-view.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { keptRevisions } from '../plan/kept-revisions.js';
import { onlyProject, selectProjects, viewOf, outList, type CommandContext } from './context.js';
import { declareCommand, type RegisterCommand } from './declare-command.js';
import { etcdFlags, formatFlag, projectFlag } from './flags.js';

const flags = {
  project: { type: 'string', description: 'whose; needed where there are several' },
  ...etcdFlags,
  ...formatFlag,
  ...projectFlag,
} as const;

/** The kept revisions of a project: what `rollback` can bring back. */
export function historyCommand(context: CommandContext): RegisterCommand {
  return declareCommand({
    command: ['history [project]'],
    describe: 'list the kept revisions of a project: when, by whom, why',
    flags,
    positionals: ['project'],
    examples: [['$0 history shop', 'what rollback can bring back']],
    run: async (args) => {
      const view = await viewOf(context, args);
      const project = historyOf(view, args.project ?? args.projectName);
      sayUnreadable(context, view, project);
      outList(context, renderHistory(view, project, args.format));
      return EXIT.ok;
    },
  });
}

function historyOf(view: ClusterView, named: string | undefined): ProjectName {
  const [project] = named === undefined ? [] : selectProjects(view, named);
  return project ?? onlyProject(view);
}

/** A revision that is passed over must not be passed over in silence. */
export function sayUnreadable(
  context: CommandContext,
  view: ClusterView,
  project: ProjectName,
): void {
  for (const sentence of keptRevisions(view, project).unreadable) context.err(`note: ${sentence}`);
}
