import type { Place } from '@nap/shared';
import { child, entriesOf } from '../node.js';
import type { Checked } from './check.js';

interface Edge {
  readonly to: string;
  readonly place: Place;
}

type Graph = ReadonlyMap<string, readonly Edge[]>;

function graphOf(checked: Checked): Graph {
  return new Map(
    checked.services.map(({ name, node }) => [
      name,
      entriesOf(child(node, 'depends_on')).map(([to, { keyPlace }]) => ({ to, place: keyPlace })),
    ]),
  );
}

/** Removes, again and again, what waits for nothing that is left: what stays is in a circle or waits for one. */
function withoutLeaves(graph: Graph): Graph {
  let left = graph;
  for (;;) {
    const next = new Map(
      [...left]
        .map(([name, edges]) => [name, edges.filter(({ to }) => left.has(to))] as const)
        .filter(([, edges]) => edges.length > 0),
    );
    if (next.size === left.size) return next;
    left = next;
  }
}

/** A circle that is reached from a service by its first dependencies. */
function circleFrom(start: string, graph: Graph): readonly (Edge & { readonly from: string })[] {
  const walked: (Edge & { from: string })[] = [];
  const seen = new Map<string, number>();
  let name = start;
  for (;;) {
    const first = seen.get(name);
    if (first !== undefined) return walked.slice(first);
    seen.set(name, walked.length);
    const [edge] = graph.get(name) ?? [];
    if (edge === undefined) return [];
    walked.push({ ...edge, from: name });
    name = edge.to;
  }
}

/** Links of a circle that are shown. */
const SHOWN_MAX = 12;

/** No service waits for itself, over however many others. Each circle is reported once, with its chain and places. */
export function checkCycles(checked: Checked): void {
  let graph = withoutLeaves(graphOf(checked));
  while (graph.size > 0) {
    const [start = ''] = graph.keys();
    const circle = circleFrom(start, graph);
    const [first] = circle;
    if (first === undefined) return;
    const shown = circle.slice(0, SHOWN_MAX);
    const names = shown.map(({ from }) => from);
    const more = circle.length > shown.length ? ['…'] : [];
    const chain = [...names, ...more, first.from].join(' → ');
    const lines = shown.map(({ from, to, place }) => `${from} needs ${to} (line ${place.line})`);
    checked.findings.error(
      first.place,
      `services.${first.from}.depends_on.${first.to}`,
      `services wait for each other in a circle: ${chain}`,
      `break it in one place: ${lines.join(', ')}`,
    );
    // One circle per service is enough: the rest shows once this one is broken.
    const reported = new Set(circle.map(({ from }) => from));
    graph = withoutLeaves(new Map([...graph].filter(([name]) => !reported.has(name))));
  }
}
