import { parseInstanceId } from '@nap/shared';
import type { InstanceProgress } from '../plan/convergence.js';
import type { Colours } from './colours.js';
import { naturalOrder } from './natural-order.js';
import { inOneLine } from './one-line.js';

export interface TreeLook {
  readonly columns: number;
  readonly rows: number;
  readonly colours: Colours;
  /** Counts up; the mark of what is under way turns with it. */
  readonly frame: number;
  readonly elapsedMs: number;
}

type Phase = InstanceProgress['phase'];
type Paint = (text: string) => string;
/** A line that is cut where the terminal ends, and painted after that. */
type Line = readonly (readonly [text: string, paint?: Paint])[];

interface Branch {
  readonly service: string;
  readonly instances: readonly InstanceProgress[];
  readonly phase: Phase;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const plain: Paint = (text) => text;

/**
 * The services of a project and their instances, with how far each is. What does not fit the terminal is left out: first the
 * instances of services that are done, then those that are done, then what is last.
 */
export function progressTree(
  project: string,
  progress: readonly InstanceProgress[],
  look: TreeLook,
): readonly string[] {
  const done = progress.filter(({ phase }) => phase === 'done').length;
  const seconds = (look.elapsedMs / 1000).toFixed(1);
  const head: Line = [
    [`${project} ${done}/${progress.length}`, look.colours.bold],
    [`  ${seconds}s`, look.colours.dim],
  ];
  const branches = branchesOf(progress);
  // The cursor stands on a line of its own below.
  const room = Math.max(1, look.rows - 2);
  const isShown = [
    () => true,
    (branch: Branch) => branch.phase !== 'done',
    (_: Branch, instance: InstanceProgress) => instance.phase !== 'done',
  ];
  let lines: readonly Line[] = [];
  for (const shows of isShown) {
    lines = branches.flatMap((branch) => branchLines(branch, look, shows));
    if (lines.length <= room) break;
  }
  const left = lines.length - room;
  const shown = left > 0 ? lines.slice(0, room - 1) : lines;
  const more: readonly Line[] = left > 0 ? [[[`  … ${left + 1} more`, look.colours.dim]]] : [];
  return [head, ...shown, ...more].map((line) => cut(line, look.columns - 1));
}

function branchesOf(progress: readonly InstanceProgress[]): readonly Branch[] {
  const byService = new Map<string, InstanceProgress[]>();
  for (const it of progress) {
    const service = parseInstanceId(it.instance)?.service ?? '';
    const list = byService.get(service) ?? [];
    list.push(it);
    byService.set(service, list);
  }
  return [...byService].map(([service, instances]) => ({
    service,
    instances: [...instances].sort((a, b) => naturalOrder(a.instance, b.instance)),
    phase: phaseOf(instances),
  }));
}

/** What most needs to be looked at. */
function phaseOf(instances: readonly InstanceProgress[]): Phase {
  const phases: readonly Phase[] = ['stuck', 'working', 'away'];
  return phases.find((phase) => instances.some((it) => it.phase === phase)) ?? 'done';
}

function branchLines(
  { service, instances, phase }: Branch,
  look: TreeLook,
  shows: (branch: Branch, instance: InstanceProgress) => boolean,
): readonly Line[] {
  const done = instances.filter((it) => it.phase === 'done').length;
  const width = Math.max(0, ...instances.map((it) => nameOf(it).length));
  const hostWidth = Math.max(0, ...instances.map(({ host }) => host.length));
  const head: Line = [
    [' '],
    markOf(phase, look),
    [` ${service} `],
    [`${done}/${instances.length}`, look.colours.dim],
  ];
  const shown = instances.filter((it) => shows({ service, instances, phase }, it));
  const lines = shown.map((it): Line => {
    const mark = markOf(it.phase, look);
    const says = it.phase === 'done' || it.message === '' ? '' : `  ${inOneLine(it.message)}`;
    return [
      ['   '],
      mark,
      [` ${nameOf(it).padEnd(width)}  `],
      [`${it.host.padEnd(hostWidth)}  `, look.colours.dim],
      [it.state, mark[1]],
      [says.replaceAll(/\s+/g, ' ').replace(/^ (?=\S)/, '  ')],
    ];
  });
  return [head, ...lines];
}

function nameOf({ instance }: InstanceProgress): string {
  const parts = parseInstanceId(instance);
  return parts === undefined ? instance : `${parts.service}-${parts.index}`;
}

function markOf(phase: Phase, { frame, colours }: TreeLook): readonly [string, Paint] {
  if (phase === 'done') return ['✔', colours.green];
  if (phase === 'stuck') return ['✘', colours.red];
  if (phase === 'away') return ['?', colours.yellow];
  return [FRAMES[frame % FRAMES.length] ?? '·', colours.cyan];
}

function cut(line: Line, columns: number): string {
  let left = Math.max(1, columns);
  let text = '';
  for (const [part, paint = plain] of line) {
    const letters = Array.from(part);
    if (letters.length > left) return text + paint([...letters.slice(0, left - 1), '…'].join(''));
    left -= letters.length;
    text += paint(part);
    if (left === 0) return text;
  }
  return text;
}
