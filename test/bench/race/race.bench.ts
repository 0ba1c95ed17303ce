import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { lab } from '../../e2e/support/cluster.js';
import { percentile, spread } from '../statistics.js';
import { boxes, type Contestant } from './contestant.js';
import { compose, engine, nap, swarm } from './contestants.js';
import { pullImages, ROWS, type Row, type RowResult } from './rows.js';

/**
 * nap, Docker Swarm mode, docker-compose and the bare Engine on the same lab of three hosts, taking turns in one run: the
 * machine is shared, so what counts is how they compare within a round. Needs `nap-lab up` and, for compose, Debian's
 * docker-compose. ROUNDS=5 ROWS=a30,b,e WHO=swarm,nap OUT=file.json choose less or more.
 */

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const chosen = (name: string): readonly string[] | undefined =>
  process.env[name]?.split(',').filter(Boolean);
const rowIds = chosen('ROWS');
const who = chosen('WHO');
const OUT = process.env['OUT'];

interface Standing {
  readonly row: Row;
  readonly contestant: Contestant;
  readonly results: RowResult[];
}

const takesPart = ({ name }: Contestant, row: Row): boolean =>
  row.who.includes(name) && (who ?? row.who).includes(name);

/** In ms: V8 collects the heaps of agents that have just been started once more after some eight seconds. */
const SETTLE_MS = 12_000;

/** Engines, agents and daemons run for weeks: what they do once after their start is no part of a row. */
async function warmUp(contestant: Contestant): Promise<void> {
  const hosts = await lab.hosts();
  await contestant.apply(boxes(hosts.length));
  await contestant.clear();
  await new Promise((done) => setTimeout(done, SETTLE_MS));
}

/** Every contestant has the lab to itself for its turn of a round. */
async function turn(contestant: Contestant, records: readonly Standing[]): Promise<void> {
  const own = records.filter((record) => record.contestant === contestant);
  if (own.length === 0) return;
  await contestant.enter();
  try {
    await warmUp(contestant);
    for (const { row, results } of own) {
      const result = await row.measure(contestant);
      results.push(result);
      const figures = Object.entries(result.figures).map(([k, v]) => `${k} ${v.toFixed(1)}`);
      process.stderr.write(
        `${row.id} ${contestant.name.padEnd(8)} load ${loadavg()[0]?.toFixed(1) ?? ''}  ${figures.join(', ')}\n`,
      );
    }
  } finally {
    await contestant.clear().catch(() => undefined);
    await contestant.leave();
  }
}

function table(records: readonly Standing[]): string {
  const lines: string[] = [];
  for (const row of new Set(records.map((record) => record.row))) {
    lines.push('', `**${row.id}** ${row.title} (${row.unit})`, '');
    const own = records.filter((record) => record.row === row && record.results.length > 0);
    const columns = [
      ...new Set(own.flatMap(({ results }) => Object.keys(results[0]?.figures ?? {}))),
    ];
    const swarmAt = own.find(({ contestant }) => contestant.name === 'swarm');
    lines.push(`| | ${columns.join(' | ')} |`, `|---|${columns.map(() => '---|').join('')}`);
    const values = ({ results }: Standing, column: string): number[] =>
      results.map(({ figures }) => figures[column]).filter((value) => value !== undefined);
    for (const record of own) {
      const cells = columns.map((column) => {
        const mine = values(record, column);
        const theirs = swarmAt === undefined || record === swarmAt ? [] : values(swarmAt, column);
        const ratios = mine.map((value, at) => value / (theirs[at] ?? Number.NaN));
        const ratio =
          column !== 'command' &&
          row.unit === 'ms' &&
          ratios.every(Number.isFinite) &&
          ratios.length > 0
            ? ` (${percentile(ratios, 50).toFixed(2)} of swarm)`
            : '';
        return mine.length === 0 ? '' : `${spread(mine, row.unit === 'ms' ? 0 : 1)}${ratio}`;
      });
      lines.push(`| ${record.contestant.name} | ${cells.join(' | ')} |`);
    }
    lines.push('', ...percentiles(own));
  }
  return lines.join('\n');
}

function percentiles(records: readonly Standing[]): string[] {
  return records.flatMap(({ contestant, results }) => {
    const names = [...new Set(results.flatMap(({ samples = {} }) => Object.keys(samples)))];
    return names.map((name) => {
      const all = results.flatMap(({ samples }) => samples?.[name] ?? []);
      const parts = [50, 90, 99, 100].map((p) => `p${p} ${percentile(all, p).toFixed(0)}`);
      return `- ${contestant.name}, ${name}: ${parts.join(', ')} (${all.length} instances)`;
    });
  });
}

async function main(): Promise<void> {
  const contestants = [engine, compose, swarm, nap];
  const records = ROWS.filter(({ id }) => rowIds?.includes(id) ?? true).flatMap((row) =>
    contestants
      .filter((contestant) => takesPart(contestant, row))
      .map((contestant): Standing => ({ row, contestant, results: [] })),
  );
  await pullImages();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      // Who goes first changes: what the machine does meanwhile shall not always meet the same one.
      const order = round % 2 === 0 ? contestants : [...contestants].reverse();
      for (const contestant of order) await turn(contestant, records);
    }
  } finally {
    for (const host of await lab.hosts()) await lab.agent(host, 'start');
    process.stdout.write(
      [
        `${ROUNDS} rounds; min / median / max; in brackets the median of the ratios to Swarm of the same round`,
        table(records),
        '',
        ...contestants.map(({ name, manner }) => `- ${name}: ${manner}`),
        '',
      ].join('\n'),
    );
    if (OUT !== undefined) {
      const plain = records.map(({ row, contestant, results }) => ({
        row: row.id,
        contestant: contestant.name,
        results,
      }));
      await writeFile(OUT, JSON.stringify(plain, undefined, 2));
    }
  }
}

await main();
