import type { HostId, Image } from '@nap/shared';
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

export function renderImages(images: readonly ImageOf[], format: Format, nowMs: number): string {
  return renderList(format, table(nowMs), images, ({ host, image }) => ({ host, ...image }));
}
