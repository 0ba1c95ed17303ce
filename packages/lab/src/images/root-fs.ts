/** Fills a directory with what a recipe says. */
import { chmod, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../errors.js';
import { must, run } from '../machine/run.js';
import { CACHE_DIR, imageSource } from '../paths.js';
import { UNNEEDED_PACKAGES, type Recipe } from './recipes.js';

const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** As Debian has them since /usr was merged; packages still put files behind the links. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];
const DIRECTORIES = ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'var/run'];
const PRUNED = ['doc', 'man', 'locale', 'lintian', 'info', 'bug', 'perl', 'zoneinfo'];

const PASSWD = `root:x:0:0:root:/root:/bin/sh
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/:/bin/false
`;
const GROUP = 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n';

export async function buildRootFs(recipe: Recipe, root: string): Promise<void> {
  await makeSkeleton(root);
  for (const deb of await downloadPackages(recipe.packages)) {
    await must(['dpkg', '-x', deb, root], { timeoutMs: UNPACK_TIMEOUT_MS });
  }
  for (const name of PRUNED) {
    await rm(join(root, 'usr/share', name), { recursive: true, force: true });
  }
  await addBusybox(root);
  for (const directory of recipe.directories)
    await mkdir(join(root, directory), { recursive: true });
  for (const [path, source] of Object.entries(recipe.files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(imageSource(source), join(root, path));
    // Not the checkout's modes: they depend on the umask of whoever cloned it.
    await chmod(join(root, path), path === '/entrypoint' ? 0o755 : 0o644);
  }
}

async function makeSkeleton(root: string): Promise<void> {
  for (const name of MERGED) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  for (const name of DIRECTORIES) await mkdir(join(root, name), { recursive: true });
  for (const name of ['tmp', 'var/tmp']) {
    await mkdir(join(root, name), { recursive: true });
    await chmod(join(root, name), 0o1777);
  }
  await writeFile(join(root, 'etc/passwd'), PASSWD);
  await writeFile(join(root, 'etc/group'), GROUP);
}

/** A shell and the usual tools, for whoever looks into a container. A package's own program wins over an applet. */
async function addBusybox(root: string): Promise<void> {
  const bin = join(root, 'usr/bin');
  await cp('/bin/busybox', join(bin, 'busybox'));
  for (const applet of (await must(['/bin/busybox', '--list'])).split('\n').filter(Boolean)) {
    try {
      await symlink('busybox', join(bin, basename(applet)));
    } catch (err) {
      if (!hasCode(err, 'EEXIST')) throw err;
    }
  }
}

/**
 * The .deb files of these packages and all that they need, downloaded once. apt is told that nothing is installed: it
 * then names the whole closure, and neither reads nor changes what this machine has.
 */
async function downloadPackages(names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const archives = join(CACHE_DIR, 'debs', ...names);
  await mkdir(join(archives, 'partial'), { recursive: true });
  const status = join(CACHE_DIR, 'debs', 'nothing-installed');
  await writeFile(status, '');
  const apt = [
    'apt-get',
    'install',
    '--yes',
    '--quiet=2',
    '--no-install-recommends',
    '--download-only',
    ...['-o', `Dir::State::status=${status}`, '-o', `Dir::Cache::archives=${archives}`],
    ...['-o', 'APT::Sandbox::User=root', '-o', 'APT::Keep-Downloaded-Packages=true'],
    ...names,
  ];
  const options = { timeoutMs: DOWNLOAD_TIMEOUT_MS };
  if ((await run(apt, options)).code !== 0) {
    await must(['apt-get', 'update', '--quiet=2'], options); // the usual reason: the lists are older than the archive
    await must(apt, options);
  }
  const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
  return files
    .filter((file) => !UNNEEDED_PACKAGES.some((pattern) => pattern.test(file)))
    .sort()
    .map((file) => join(archives, file));
}
