import type { ProjectName } from '@nap/shared';
import { coloursFor, isColoured, isLively } from '../output/colours.js';
import { ProgressLines } from '../output/progress.js';
import type { InstanceProgress } from '../plan/convergence.js';
import type { CommandContext } from './context.js';

/** Where a command that waits says how far the instances are. */
export interface ProgressSink {
  /** All of them, whenever anything changed. */
  progress(instances: readonly InstanceProgress[]): void;
  /** A line besides. */
  say(text: string): void;
  /** Leaves what is shown as it is; afterwards anybody may print. May be called again. */
  end(): void;
}

export interface ProgressArgs {
  /** `--progress`. */
  readonly progress: string;
  /** `--ansi`. */
  readonly ansi?: string;
}

/** As `--progress` and `--ansi` ask for, and standard error allows. */
export async function createProgressSink(
  context: CommandContext,
  project: ProjectName,
  args: ProgressArgs,
): Promise<ProgressSink> {
  const { terminal } = context;
  const where = { ansi: args.ansi, env: context.env, isTerminal: terminal?.isTTY === true };
  const isAuto = args.progress === 'auto' && where.isTerminal && isLively(where);
  if (terminal !== undefined && (args.progress === 'tty' || isAuto)) {
    const { LiveTree } = await import('./live-tree.js');
    return new LiveTree(terminal, project, coloursFor(isColoured(where)));
  }
  const lines = new ProgressLines();
  return {
    progress: (instances) => {
      if (args.progress === 'quiet') return;
      if (args.progress === 'json') {
        for (const it of lines.changed(instances)) context.event?.({ event: 'progress', ...it });
      } else for (const line of lines.next(instances)) context.err(line);
    },
    say: context.err,
    end: () => undefined,
  };
}
