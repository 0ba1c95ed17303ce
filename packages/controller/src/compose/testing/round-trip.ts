import { exportProject, renderExport } from '../export/export-project.js';
import type { LoadResult } from '../pipeline.js';
import { loadTexts, problemText } from './load-texts.js';

/** The project of a load, exported and read again; a text says what was wrong with that. */
export async function exportedAndRead({ project, contents }: LoadResult): Promise<unknown> {
  if (project === undefined) return undefined;
  const exported = exportProject(project, contents);
  const text = renderExport(exported, ['of a test']);
  // Whoever applies it again has the secrets.
  const supplied = exported.files.map(({ path, digest, content }) => [
    path,
    Buffer.from(content ?? contents.get(digest) ?? '', 'base64'),
  ]);
  const again = await loadTexts({
    'compose.yml': text,
    ...(Object.fromEntries(supplied) as Record<string, Uint8Array>),
  });
  return again.project ?? `${text}\n${problemText(again)}`;
}

/** What no file of today's format can say. */
export function sayable({ project }: LoadResult): LoadResult['project'] {
  if (project === undefined) return undefined;
  return {
    ...project,
    services: project.services.map((service) => ({
      ...service,
      links: service.links.map(({ v1Names: _, ...link }) => link),
    })),
  };
}
