import type { HostId, Image, Pruned } from '@nap/shared';
import { renderValues } from './format.js';
import { renderList, type Format, type Table } from './table.js';
import { ageText, bytesText } from './units.js';

export interface ImageOf {
  readonly host: HostId;
  readonly image: Image;
}

const SHORT_ID = 12;

const table = (nowMs: number): Table<ImageOf> => ({
  columns: {
    HOST: ({ host }) => host,
    IMAGE: ({ image }) => (image.tags.length === 0 ? '<none>' : image.tags.join(' ')),
    ID: ({ image }) => image.id.replace(/^sha256:/, '').slice(0, SHORT_ID),
    // Builds that give the same bytes each time give no date.
    AGE: ({ image: { createdAtMs } }) => (createdAtMs === 0 ? '-' : ageText(nowMs - createdAtMs)),
    SIZE: ({ image }) => bytesText(image.sizeBytes),
    CONTAINERS: ({ image }) => String(image.containers),
  },
});

export function renderImages(
  images: readonly ImageOf[],
  format: Format,
  nowMs: number,
): string | undefined {
  return renderList(format, table(nowMs), images, ({ host, image }) => ({ host, ...image }));
}

/** For scripts a row a host; for people what was removed, a line each. */
export function renderPruned(
  answers: readonly { readonly host: HostId; readonly value: Pruned }[],
  format: Format,
): string {
  if (format !== 'table') {
    const row = ({ host, value }: (typeof answers)[number]): object => ({ host, ...value });
    return renderValues(format, answers.map(row));
  }
  return answers
    .flatMap(({ host, value }) => value.removed.map((image) => `${host}: removed ${image}`))
    .join('\n');
}
