/**
 * Part of `npm run build`: writes nap-controller and nap-agent, each with all that it loads, into one file (dist/bundle;
 * why: docs/adr/0014). What tsc has written works without it, only slower.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import {
  BUNDLE_BEGINS,
  BUNDLE_ENDS,
  buildRecord,
  bundleFiles,
} from '../packages/shared/dist/start/index.js';
import { writeCodeCache } from './code-cache.mjs';
import { protocolModule } from './etcd-protocol.mjs';

const ROOT = join(import.meta.dirname, '..');
const PROGRAMS = [
  { package: 'controller', entry: 'command-process.js' },
  { package: 'agent', entry: 'cli.js' },
];

const etcd3 = createRequire(join(ROOT, 'packages/shared/package.json')).resolve('etcd3');
const protoLoader = createRequire(etcd3).resolve('@grpc/proto-loader');
const ETCD_PROTOCOL = join(dirname(etcd3), '../proto/rpc.proto');

/** What is left out, or comes in another form. */
const replacements = {
  name: 'replacements',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^@grpc\/proto-loader$/ }, () => ({
      path: join(import.meta.dirname, 'bundled-protocol.mjs'),
    }));
    onResolve({ filter: /^nap:etcd-protocol$/ }, () => ({ path: 'etcd', namespace: 'protocol' }));
    onLoad({ filter: /./, namespace: 'protocol' }, () => ({
      contents: protocolModule(ETCD_PROTOCOL, protoLoader),
      resolveDir: dirname(protoLoader),
    }));
    // dockerd is spoken to by its socket, never through ssh, which would bring compiled code with it.
    onResolve({ filter: /^ssh2$/ }, () => ({ path: 'ssh2', namespace: 'nothing' }));
    onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: 'module.exports = {};' }));
    // The messages of zod in the one language that nap speaks.
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
    // What nap loads as CommonJS, or late, and the parts of zod that it uses, in words that the bundler knows.
    onLoad({ filter: /\/packages\/\w+\/dist\/.*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('createRequire(import.meta.url)(', 'require(')
        .replace("import { z } from 'zod'", "import * as z from 'zod'"),
    }));
  },
};

async function bundle({ package: name, entry }) {
  const dist = join(ROOT, 'packages', name, 'dist');
  const files = bundleFiles(dist);
  rmSync(dirname(files.code), { recursive: true, force: true });
  mkdirSync(dirname(files.code));
  const { metafile } = await build({
    entryPoints: [join(dist, entry)],
    outfile: files.code,
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'external',
    sourcesContent: false,
    charset: 'ascii',
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
    plugins: [replacements],
    // ES modules are strict, and what looks for its package.json looks from dist.
    banner: {
      js:
        BUNDLE_BEGINS +
        '"use strict"; const importMetaUrl = require("node:url").pathToFileURL(require("node:path").join(__dirname, "../bundle.js")).href;',
    },
    footer: { js: BUNDLE_ENDS },
    define: { 'import.meta.url': 'importMetaUrl' },
  });
  writeFileSync(files.code, toAscii(readFileSync(files.code, 'utf8')));
  writeFileSync(files.licences, licences(Object.keys(metafile.inputs)));
  writeCodeCache(dist);
  // Last: without it the rest is not used.
  writeFileSync(files.builtFrom, buildRecord(dist));
}

/** As it is read. esbuild escapes what stands in strings, but neither in regular expressions nor in comments. */
const toAscii = (code) =>
  code.replaceAll(
    /[\u0080-\uffff]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Of every package that went into a bundle, as their licences ask for. */
function licences(inputs) {
  const packages = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  return [...packages].sort().map(licenceOf).join('\n');
}

function licenceOf(path) {
  const directory = join(ROOT, path);
  const { name, version, license } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  );
  const texts = readdirSync(directory)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return [`${name} ${version}, ${license}`, ...texts, ''].join('\n\n');
}

for (const program of PROGRAMS) await bundle(program);
