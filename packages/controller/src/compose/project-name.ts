import { basename } from 'node:path';
import { isProjectName, projectName, type ProjectName } from '@nap/shared';
import { interpolate, type Lookup } from './interpolate.js';
import { child, type Node } from './node.js';
import type { Session } from './session.js';

export interface NameSources {
  /** `-p`. */
  readonly given: string | undefined;
  /** Shell or `.env`: COMPOSE_PROJECT_NAME counts. */
  readonly lookup: Lookup;
  /** Every document of every `-f` file, in order: the last `name:` counts. */
  readonly documents: readonly Node[];
  readonly directory: string;
}

/** Lower case, with only what a project name may hold: `My.App_1` becomes `myapp_1`. */
function normaliseProjectName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

const RULE =
  'a project name has lower-case letters, digits, "_" and "-", and starts with a letter or digit';

function explicit(name: string, from: string, session: Session): ProjectName | undefined {
  if (isProjectName(name)) return name;
  session.findings.error(undefined, from, `"${name}" is not a project name`, RULE);
  return undefined;
}

function nameNode(documents: readonly Node[]): Node | undefined {
  return documents
    .map((document) => child(document, 'name'))
    .findLast((node) => node !== undefined);
}

/** Undefined when there is none that can be used, which is reported. */
export function findProjectName(sources: NameSources, session: Session): ProjectName | undefined {
  if (sources.given !== undefined) return explicit(sources.given, '--project-name', session);
  const fromEnvironment = sources.lookup('COMPOSE_PROJECT_NAME');
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    return explicit(fromEnvironment, 'COMPOSE_PROJECT_NAME', session);
  }
  const node = nameNode(sources.documents);
  if (node?.kind === 'scalar' && typeof node.value === 'string' && node.value !== '') {
    const text = interpolate(node.value, sources.lookup);
    // A failed interpolation is reported when the file is read.
    const name = text.kind === 'text' ? normaliseProjectName(text.text) : '';
    if (name !== '') return projectName(name);
    session.findings.error(node.place, 'name', `"${node.value}" leaves no project name`, RULE);
    return undefined;
  }
  const name = normaliseProjectName(basename(sources.directory));
  if (name !== '') return projectName(name);
  session.findings.error(
    undefined,
    'name',
    `the directory ${sources.directory} gives no project name`,
    'add "name:" to the file, or use --project-name',
  );
  return undefined;
}
