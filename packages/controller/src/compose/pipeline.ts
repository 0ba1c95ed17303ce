import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { FileDigest, Problem, Project, ProjectName } from '@nap/shared';
import { checkConsistency } from './consistency.js';
import { foldContainerFiles } from './container-files.js';
import { readContents } from './contents.js';
import { loadFiles } from './documents.js';
import { layered, lookupIn, readEnvFiles } from './environment.js';
import { Findings } from './findings.js';
import type { Lookup } from './interpolate.js';
import { withoutMarks } from './merge.js';
import type { MapNode } from './node.js';
import { normalise } from './normalise.js';
import { activeProfiles, selectServices } from './profiles.js';
import { findProjectName } from './project-name.js';
import { toModel, type ComposeModel } from './render-config.js';
import { Scope, Session, STDIN, type ReadFile } from './session.js';
import { checkSupport } from './support-check.js';
import { toProject } from './to-project.js';
import { root as rootShape } from './top-level.js';
import { whichFiles } from './which-files.js';

export interface LoadRequest {
  /** As given with `-f`; `-` is standard input. Empty: COMPOSE_FILE, or the default names here and in the parents. */
  readonly files: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly projectName?: string;
  readonly profiles?: readonly string[];
  /** Instead of the `.env` of the project directory; later ones win. */
  readonly envFiles?: readonly string[];
  readonly projectDirectory?: string;
}

export interface LoadResult {
  /** Absent when there are errors among the problems. */
  readonly project?: Project;
  /** What `config` prints; absent when there are errors. */
  readonly model?: ComposeModel;
  /** What is in the configs and secrets of the project, in base64; empty when there are errors. */
  readonly contents: ReadonlyMap<FileDigest, string>;
  readonly problems: readonly Problem[];
  /** Every file that was read, absolute; standard input is "-". */
  readonly files: readonly string[];
}

async function dotEnv(request: LoadRequest, directory: string, session: Session): Promise<Lookup> {
  const shell = lookupIn(request.env);
  const given = request.envFiles ?? [];
  const references =
    given.length > 0
      ? given.map((path) => ({ path: resolve(request.cwd, path), required: true }))
      : [{ path: join(directory, '.env'), required: false }];
  const blame = { place: undefined, path: '--env-file' };
  return layered(shell, await readEnvFiles(references, shell, session, blame));
}

interface Opened {
  readonly scope: Scope;
  readonly files: readonly string[];
  readonly name: ProjectName;
}

/** Which files, in which directory, with which variables and which name. Undefined when that fails, which is reported. */
async function open(
  request: LoadRequest,
  readFile: ReadFile,
  session: Session,
): Promise<Opened | undefined> {
  const cwd = resolve(request.cwd);
  // COMPOSE_FILE may stand in the .env file of the directory where the command runs.
  const here =
    request.files.length > 0 ? lookupIn(request.env) : await dotEnv(request, cwd, session);
  const files = await whichFiles({ files: request.files, cwd, lookup: here }, readFile, session);
  const [first] = files;
  if (first === undefined) return undefined;
  const given = request.projectDirectory;
  const directory =
    given === undefined ? (first === STDIN ? cwd : dirname(first)) : resolve(cwd, given);
  const lookup = await dotEnv(request, directory, session);
  const documents = await Promise.all(files.map((file) => session.documents(file)));
  const name = findProjectName(
    { given: request.projectName, lookup, documents: documents.flat(), directory },
    session,
  );
  if (name === undefined) return undefined;
  const named: Lookup = (key) => (key === 'COMPOSE_PROJECT_NAME' ? name : lookup(key));
  return { scope: new Scope(session, directory, named), files, name };
}

/** The merged, selected and normalised tree. */
async function build(opened: Opened, request: LoadRequest): Promise<MapNode> {
  const { scope, files, name } = opened;
  const root = withoutMarks(await loadFiles(files, scope));
  const active = activeProfiles(request.profiles, scope.lookup('COMPOSE_PROFILES'));
  const selection = selectServices(root, active);
  checkSupport(rootShape, selection.root, '', scope.findings);
  const folded = await foldContainerFiles(selection.root, scope);
  const normal = normalise(folded, name, scope.session.v1Files);
  checkConsistency(normal, name, selection.disabled, scope.findings);
  return normal;
}

/** With the file as somebody in the current directory would call it. */
function fromHere(problem: Problem, cwd: string): Problem {
  const { place } = problem;
  if (place === undefined || !isAbsolute(place.file)) return problem;
  const file = relative(cwd, place.file);
  return file.startsWith('..') ? problem : { ...problem, place: { ...place, file } };
}

/** Files to project, or to problems. Pure but for `readFile`, which never throws. */
export async function loadWith(request: LoadRequest, readFile: ReadFile): Promise<LoadResult> {
  const findings = new Findings();
  const session = new Session(readFile, findings);
  const opened = await open(request, readFile, session);
  const root = opened === undefined ? undefined : await build(opened, request);
  const contents =
    opened === undefined || root === undefined ? undefined : await readContents(root, opened.scope);
  const rest = {
    problems: findings.problems.map((problem) => fromHere(problem, resolve(request.cwd))),
    files: [...session.files],
  };
  if (opened === undefined || root === undefined || contents === undefined || findings.hasErrors) {
    return { contents: new Map(), ...rest };
  }
  const context = { project: opened.name, v1Files: session.v1Files, contents };
  return {
    project: toProject(root, context),
    model: toModel(root),
    contents: contents.bytes,
    ...rest,
  };
}
