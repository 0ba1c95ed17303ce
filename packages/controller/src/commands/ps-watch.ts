import { EXIT, isNapError, keys, type ProjectName } from '@nap/shared';
import type { Store } from '@nap/shared/store';
import type { Format } from '../output/format.js';
import { ChangeLines, liveText } from '../output/live-view.js';
import { psRows, type PsRow } from '../output/ps-view.js';
import type { ClusterView } from '../plan/cluster-view.js';
import { isAmong, type Listed } from '../plan/meanings.js';
import { MirroredView } from '../rollout/mirrored-view.js';
import { withMirrors } from '../rollout/with-mirrors.js';
import {
  noteAbsent,
  requireProjectName,
  selectProjects,
  type CommandContext,
  type Screen,
} from './context.js';

/** Ages grow while nothing happens; etcd is not asked for that. */
const AGES_MS = 1_000;
const LOOK_AGAIN_MS = 60_000;

/**
 * `ps`, again whenever something changes, until it is interrupted: that is its normal end. On a terminal in place, with
 * `--format` or elsewhere a line for each change.
 */
export async function watchPs(
  context: CommandContext,
  store: Pick<Store, 'mirror'>,
  { project, named: only }: Listed,
  format: Format,
): Promise<number> {
  const named = project === undefined ? undefined : requireProjectName(project);
  const screen = format === 'table' ? await context.openScreen?.() : undefined;
  const show = screen === undefined ? inLines(context, format) : onScreen(context, screen);
  const { signal } = context;
  const reports = named === undefined ? keys.reports() : keys.projectReports(named);
  const prefixes = [keys.projects(), keys.placements(), keys.hosts(), reports];
  try {
    return await withMirrors(store, prefixes, context, async ({ mirrors, changes, problem }) => {
      const mirrored = new MirroredView(mirrors);
      if (named !== undefined && screen === undefined) {
        noteAbsent(context, mirrored.view, named);
      }
      for (;;) {
        const { view } = mirrored;
        show(psRows(view, projectsOf(view, named), isAmong(only)), problem());
        await changes.next(screen === undefined ? LOOK_AGAIN_MS : AGES_MS, signal);
      }
    });
  } catch (err) {
    if (isNapError(err, 'INTERRUPTED')) return EXIT.ok;
    throw err;
  } finally {
    screen?.leave();
  }
}

/** One that is not there yet, or no more, has no instances. */
function projectsOf(view: ClusterView, named: ProjectName | undefined): readonly ProjectName[] {
  return selectProjects(view, undefined).filter((it) => named === undefined || it === named);
}

type Show = (rows: readonly PsRow[], problem: string | undefined) => void;

function onScreen({ clock }: CommandContext, screen: Screen): Show {
  return (rows, problem) => {
    screen.show(liveText(rows, screen.size(), clock.nowMs(), problem));
  };
}

function inLines({ out, err }: CommandContext, format: Format): Show {
  const lines = new ChangeLines(format);
  let said: string | undefined;
  return (rows, problem) => {
    for (const line of lines.next(rows)) out(line);
    if (problem !== said && problem !== undefined) err(`note: as last seen: ${problem}`);
    said = problem;
  };
}
