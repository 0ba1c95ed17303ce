/** Builds the images that the registry's storage lacks. It outlives the lab: images are built once a machine. */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { killDaemon, startDaemon } from '../daemon.js';
import { exists } from '../machine/files.js';
import { must } from '../machine/run.js';
import { CACHE_DIR, imageSource, machineDir } from '../paths.js';
import { STORAGE_DIR, writeConfig } from '../registry.js';
import { digestOfFile, pushImage } from './push.js';
import { RECIPES, type Recipe } from './recipes.js';
import { buildRootFs } from './root-fs.js';

const BUILDER = 'image-builder';
const PACK_TIMEOUT_MS = 120_000;
/** Part of every recipe's hash: raise it when the way of building changes. */
const BUILD_VERSION = 1;

/** Names of the images that had to be built. */
export async function ensureImages(progress: (line: string) => void): Promise<readonly string[]> {
  const missing: Recipe[] = [];
  for (const recipe of RECIPES) {
    if (!(await isStored(recipe))) missing.push(recipe);
  }
  if (missing.length === 0) return [];
  const socketPath = await startBuilder();
  try {
    for (const recipe of missing) {
      progress(`building image ${recipe.name}`);
      await buildAndPush(recipe, socketPath);
    }
  } finally {
    await killDaemon(BUILDER);
    await rm(machineDir(BUILDER), { recursive: true, force: true });
  }
  return missing.map(({ name }) => name);
}

/** A registry of its own on the same storage: the lab's may not be up, and its address is not ours to reach. */
async function startBuilder(): Promise<string> {
  const socketPath = machineDir(BUILDER, 'registry.sock');
  const config = machineDir(BUILDER, 'config.json');
  await killDaemon(BUILDER); // one that a crash has left
  await rm(machineDir(BUILDER), { recursive: true, force: true });
  await writeConfig(config, { net: 'unix', addr: socketPath });
  await startDaemon({
    name: BUILDER,
    argv: ['docker-registry', 'serve', config],
    isReady: async () => exists(socketPath),
  });
  return socketPath;
}

async function buildAndPush(recipe: Recipe, socketPath: string): Promise<void> {
  const work = machineDir(BUILDER, recipe.name);
  try {
    const root = join(work, 'root');
    await buildRootFs(recipe, root);
    const layer = join(work, 'layer.tar');
    // The same files make the same bytes, whoever builds them and when.
    const reproducibly = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    const options = { timeoutMs: PACK_TIMEOUT_MS };
    await must(['tar', ...reproducibly, '-C', root, '-cf', layer, '.'], options);
    const diffId = await digestOfFile(layer);
    await must(['gzip', '--no-name', '--fast', layer], options);
    await pushImage(socketPath, {
      repository: repositoryOf(recipe),
      tags: ['latest', await recipeTag(recipe)],
      config: await imageConfig(recipe, diffId),
      layerFile: `${layer}.gz`,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function imageConfig(recipe: Recipe, diffId: string): Promise<string> {
  const created = new Date(0).toISOString();
  return JSON.stringify({
    architecture: await architecture(),
    os: 'linux',
    created,
    config: { Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], ...recipe.config },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, created_by: 'nap-lab' }],
  });
}

/** Debian's names are the image format's, for the machines that Debian's Docker runs on. */
async function architecture(): Promise<string> {
  return (await must(['dpkg', '--print-architecture'])).trim();
}

/** A tag that only this recipe's image has: it tells whether the stored one is still what the recipe says. */
async function recipeTag(recipe: Recipe): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([BUILD_VERSION, recipe]));
  for (const source of Object.values(recipe.files)) {
    hash.update(await readFile(imageSource(source)));
  }
  return `recipe-${hash.digest('hex').slice(0, 16)}`;
}

async function isStored(recipe: Recipe): Promise<boolean> {
  const tags = join(
    STORAGE_DIR,
    'docker/registry/v2/repositories',
    repositoryOf(recipe),
    '_manifests/tags',
  );
  return exists(join(tags, await recipeTag(recipe), 'current/link'));
}

/** Where dockerd looks when it is asked for `redis`. */
function repositoryOf(recipe: Recipe): string {
  return `library/${recipe.name}`;
}

export async function removeCache(): Promise<void> {
  await rm(CACHE_DIR, { recursive: true, force: true });
}
