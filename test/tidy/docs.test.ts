import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  EXIT,
  EXIT_MEANING,
  fileDigest,
  hostId,
  instanceId,
  keys,
  parseKey,
  projectName,
  type ParsedKey,
} from '@nap/shared';

/** Tables in the documents are the tables in the code. */

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

function firstColumns(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| `?([^`|]+?)`? \|/gm)].map(([, cell = '']) => cell);
}

it('docs/exit-codes.md lists every exit code with its meaning', () => {
  const text = read('docs/exit-codes.md');
  for (const [name, code] of Object.entries(EXIT)) {
    expect(text).toContain(`| ${code} | ${EXIT_MEANING[name as keyof typeof EXIT]} |`);
  }
});

it('docs/etcd-schema.md lists every key, and no other', () => {
  const project = projectName('shop');
  const host = hostId('host-a');
  const instance = instanceId('shop.web.2');
  const digest = fileDigest('0'.repeat(64));
  const byKind = {
    cluster: keys.cluster(),
    leader: keys.leader(),
    daemon: keys.daemon(),
    projectSpec: keys.projectSpec(project),
    projectRollout: keys.projectRollout(project),
    projectRevision: keys.projectRevision(project, 7),
    content: keys.content(project, digest),
    hostFile: keys.hostFile(host, digest),
    placement: keys.placement(host, instance),
    placementHeader: keys.placementHeader(host),
    volume: keys.volume('shop_data'),
    hostInfo: keys.hostInfo(host),
    hostSession: keys.hostSession(host),
    hostPolicy: keys.hostPolicy(host),
    hostApi: keys.hostApi(host),
    name: keys.name(instance),
    report: keys.report(instance),
    check: keys.check(host),
    hostFacts: keys.hostFacts(host),
  } satisfies Record<ParsedKey['kind'], string>;
  for (const [kind, key] of Object.entries(byKind)) expect(parseKey(key)?.kind).toBe(kind);
  const built = Object.values(byKind).map((key) =>
    key
      .replace(instance, '<instance>')
      .replace(host, '<host>')
      .replace('shop_data', '<volume>')
      .replace(digest, '<digest>')
      .replace(`/${project}/`, '/<project>/')
      .replace('00000007', '<revision>'),
  );
  const documented = firstColumns(read('docs/etcd-schema.md')).filter((cell) =>
    /^[a-z]+(\/|$)/.test(cell),
  );
  expect([...documented].filter((cell) => cell !== 'key').sort()).toEqual([...built].sort());
});

it('docs/dependencies.md names every run-time dependency', () => {
  const documented = new Set(firstColumns(read('docs/dependencies.md')));
  for (const name of ['shared', 'controller', 'agent', 'lab']) {
    const manifest = JSON.parse(read(`packages/${name}/package.json`)) as {
      dependencies?: Record<string, string>;
    };
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (!dependency.startsWith('@nap/')) expect(documented).toContain(dependency);
    }
  }
});

it.each(['shared', 'controller', 'agent', 'lab'])(
  'docs/architecture.md says what every folder of packages/%s is about',
  (name) => {
    const [, rest = ''] = read('docs/architecture.md').split(`    packages/${name} `);
    const [entry = ''] = rest.split(/\n(?=\n| {4}\S)/);
    const folders = readdirSync(join(ROOT, 'packages', name, 'src'), { withFileTypes: true })
      .filter((it) => it.isDirectory())
      .map((it) => it.name);
    expect(folders.filter((it) => !entry.includes(it))).toEqual([]);
  },
);
