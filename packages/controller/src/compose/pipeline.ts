import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { FileDigest, Problem, Project, ProjectName } from '@nap/shared';
import { checkConsistency } from './consistency.js';
import { foldContainerFiles } from './container-files.js';
import { readContents, type Contents } from './contents.js';
import { loadFiles } from './documents.js';
import type { EnvEntries } from './env-file.js';
import { layered, lookupIn, readEnvFiles } from './environment.js';
import { Findings, type SupportEntry } from './findings.js';
import type { Lookup } from './interpolate.js';
import { withoutMarks } from './merge.js';
import { scalarNode, withEntries, type MapNode } from './node.js';
import { normalise } from './normalise.js';
import { activeProfiles, profilesOf, selectServices } from './profiles.js';
import { findProjectName } from './project-name.js';
import { toModel, type ComposeModel } from './render-config.js';
import { Scope, Session, STDIN, type ReadFile } from './session.js';
import { checkSupport } from './support-check.js';
import { toProject } from './to-project.js';
import { root as rootShape } from './top-level.js';
import { askedVariables, type AskedVariable } from './variables.js';
import { whichFiles } from './which-files.js';

/** What `config` can leave out, to look at what is between. */
export type Pass = 'interpolation' | 'normalisation' | 'path-resolution' | 'env-files' | 'checks';

export interface LoadRequest {
  /** As given with `-f`; `-` is standard input. Empty: COMPOSE_FILE, or the default names here, or in the project directory where it is given, and in the parents. */
  readonly files: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly projectName?: string;
  readonly profiles?: readonly string[];
  /** Instead of the `.env` of the project directory; later ones win. */
  readonly envFiles?: readonly string[];
  readonly projectDirectory?: string;
  /** What nap would ignore is an error. */
  readonly isStrict?: boolean;
  /** Without any of these there is no project, only a model. */
  readonly without?: readonly Pass[];
}

export interface LoadResult {
  /** Absent when there are errors among the problems. */
  readonly project?: Project;
  /** What `config` prints; absent when the files are wrong. It is there when nap only refuses what they say. */
  readonly model?: ComposeModel;
  /** What is in the configs and secrets of the project, in base64; empty when there are errors. */
  readonly contents: ReadonlyMap<FileDigest, string>;
  readonly problems: readonly Problem[];
  /** Every file that was read, absolute; standard input is "-". */
  readonly files: readonly string[];
  /** What nap does with each key of the services that will run, and of the rest of the files. */
  readonly support: readonly SupportEntry[];
  /** All profiles of all services. */
  readonly profiles: readonly string[];
  /** Services that are in the files, and not in the project: no active profile enables them. */
  readonly disabled: ReadonlySet<string>;
  /** What variables are replaced from. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the files ask for; only without interpolation. */
  readonly variables: readonly AskedVariable[];
}

/** As Go reads a boolean of the environment. */
function isTrue(text: string | undefined): boolean {
  return /^(1|t|true)$/i.test(text ?? '');
}

/** The variables of the `.env` file of a directory, or of what stands in for it. `outer` knows better. */
async function dotEnv(
  request: LoadRequest,
  directory: string,
  outer: Lookup,
  session: Session,
): Promise<EnvEntries> {
  const shell = lookupIn(request.env);
  const named = request.envFiles ?? (shell('COMPOSE_ENV_FILES') ?? '').split(',');
  const given = named.filter((file) => file !== '');
  if (given.length === 0 && isTrue(shell('COMPOSE_DISABLE_ENV_FILE'))) return new Map();
  const references =
    given.length > 0
      ? given.map((path) => ({ path: resolve(request.cwd, path), required: true }))
      : [{ path: join(directory, '.env'), required: false }];
  return readEnvFiles(references, outer, session, { place: undefined, path: '--env-file' });
}

/** The directory of the files: the project's, unless it is given. */
function directoryOf([first]: readonly string[], { projectDirectory, cwd }: LoadRequest): string {
  if (projectDirectory !== undefined) return resolve(cwd, projectDirectory);
  return first === undefined || first === STDIN ? resolve(cwd) : dirname(resolve(cwd, first));
}

interface Opened {
  readonly scope: Scope;
  readonly files: readonly string[];
  readonly name: ProjectName;
  readonly environment: LoadResult['environment'];
}

function environmentOf(
  env: LoadRequest['env'],
  entries: EnvEntries,
  name: ProjectName,
): LoadResult['environment'] {
  const own = [...entries].map(([key, { value }]) => [key, value] as const);
  const shell = Object.entries(env).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return Object.fromEntries([...own, ...shell, ['COMPOSE_PROJECT_NAME', name]]);
}

/** Which files, in which directory, with which variables and which name. Undefined when that fails, which is reported. */
async function open(
  request: LoadRequest,
  readFile: ReadFile,
  session: Session,
): Promise<Opened | undefined> {
  const shell = lookupIn(request.env);
  // As Compose does it (toProjectOptions in its cmd/compose/compose.go): the `.env` of where the search for files begins, which
  // may hold COMPOSE_FILE, and beneath it that of the directory where they were found.
  const start = directoryOf(request.files, request);
  const near = await dotEnv(request, start, shell, session);
  const wanted = { files: request.files, cwd: resolve(request.cwd), start };
  const files = await whichFiles({ ...wanted, lookup: layered(shell, near) }, readFile, session);
  if (files.length === 0) return undefined;
  const directory = directoryOf(files, request);
  const own =
    directory === start ? near : await dotEnv(request, directory, layered(shell, near), session);
  const entries = new Map([...own, ...near]);
  const lookup = layered(shell, entries);
  const documents = await Promise.all(files.map((file) => session.documents(file)));
  const name = findProjectName(
    { given: request.projectName, lookup, documents: documents.flat(), directory },
    session,
  );
  if (name === undefined) return undefined;
  const named: Lookup = (key) => (key === 'COMPOSE_PROJECT_NAME' ? name : lookup(key));
  const environment = environmentOf(request.env, entries, name);
  return { scope: new Scope(session, directory, named), files, name, environment };
}

interface Built {
  /** The merged, selected and normalised tree. */
  readonly root: MapNode;
  readonly listed: Pick<LoadResult, 'profiles' | 'disabled' | 'variables'>;
}

async function build(opened: Opened, request: LoadRequest): Promise<Built> {
  const { scope, files, name } = opened;
  const { findings, session, directory } = scope;
  const makes = (pass: Pass): boolean => request.without?.includes(pass) !== true;
  const merged = withoutMarks(await loadFiles(files, scope));
  const active = activeProfiles(request.profiles, scope.lookup('COMPOSE_PROFILES'));
  const { root, disabled } = selectServices(merged, active);
  // What is not interpolated can be neither judged nor checked.
  const isChecked = makes('interpolation') && makes('checks');
  if (makes('interpolation')) checkSupport(rootShape, root, '', findings);
  const readsEnvFiles = makes('interpolation') && makes('env-files');
  const folded = readsEnvFiles ? await foldContainerFiles(root, scope) : root;
  const named = withEntries(folded, { name: scalarNode(name, folded.place) });
  const surroundings = { project: name, directory, v1Files: session.v1Files };
  const normal = makes('normalisation') ? normalise(named, surroundings) : named;
  if (isChecked) checkConsistency(normal, name, disabled, findings);
  const variables = makes('interpolation') ? [] : askedVariables(merged);
  return { root: normal, listed: { profiles: profilesOf(merged), disabled, variables } };
}

/** What containers get of files; nothing is read for what is only looked at. */
async function contentsOf(
  { without = [] }: LoadRequest,
  opened: Opened | undefined,
  built: Built | undefined,
): Promise<Contents | undefined> {
  if (opened === undefined || built === undefined || without.length > 0) return undefined;
  return readContents(built.root, opened.scope);
}

/** With the file as somebody in the current directory would call it. */
function fromHere<T extends Pick<Problem, 'place'>>(found: T, cwd: string): T {
  const { place } = found;
  if (place === undefined || !isAbsolute(place.file)) return found;
  const file = relative(cwd, place.file) || '.';
  return file.startsWith('..') ? found : { ...found, place: { ...place, file } };
}

/** Files to project, or to problems. Pure but for `readFile`, which never throws. */
export async function loadWith(request: LoadRequest, readFile: ReadFile): Promise<LoadResult> {
  const { without = [], isStrict = false } = request;
  const findings = new Findings({ isStrict });
  const session = new Session(readFile, findings, without.includes('interpolation'));
  const opened = await open(request, readFile, session);
  const built = opened === undefined ? undefined : await build(opened, request);
  const contents = await contentsOf(request, opened, built);
  const cwd = resolve(request.cwd);
  const rest = {
    contents: new Map(),
    problems: findings.problems.map((problem) => fromHere(problem, cwd)),
    files: [...session.files],
    support: findings.support.map((entry) => fromHere(entry, cwd)),
    environment: opened?.environment ?? {},
    profiles: [],
    disabled: new Set<string>(),
    variables: [],
    ...built?.listed,
  };
  if (opened === undefined || built === undefined || findings.hasMistakes) return rest;
  const model = toModel(built.root, {
    isInterpolated: !session.keepsVariables,
    writesPaths: without.includes('path-resolution') ? 'as written' : 'absolute',
  });
  if (findings.hasErrors || contents === undefined) return { ...rest, model };
  const context = { project: opened.name, v1Files: session.v1Files, contents };
  return { ...rest, model, project: toProject(built.root, context), contents: contents.bytes };
}
