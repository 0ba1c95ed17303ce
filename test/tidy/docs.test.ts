import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, EXIT_MEANING, fileDigest, hostId, instanceId, keys, projectName } from '@nap/shared';

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
  const built = [
    keys.cluster(),
    keys.leader(),
    keys.daemon(),
    keys.projectSpec(project),
    keys.projectRollout(project),
    keys.projectRevision(project, 7),
    keys.content(project, digest),
    keys.hostFile(host, digest),
    keys.placement(host, instance),
    keys.placementHeader(host),
    keys.volume('shop_data'),
    keys.hostInfo(host),
    keys.hostSession(host),
    keys.hostPolicy(host),
    keys.hostApi(host),
    keys.name(instance),
    keys.report(instance),
    keys.check(host),
    keys.hostFacts(host),
  ].map((key) =>
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
