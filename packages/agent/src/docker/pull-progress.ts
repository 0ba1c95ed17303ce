import { z } from 'zod';
import type { PullRequest } from './docker-port.js';

const layerSchema = z.object({
  id: z.string(),
  status: z.string(),
  progressDetail: z.object({ current: z.number(), total: z.number() }),
});

/** The engine tells of each layer by itself: what is asked for is all of them together. */
export function sumOfLayers(
  onProgress: NonNullable<PullRequest['onProgress']>,
): (event: unknown) => void {
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  return (event) => {
    const layer = layerSchema.safeParse(event).data;
    if (layer?.status !== 'Downloading') return;
    layers.set(layer.id, layer.progressDetail);
    const all = [...layers.values()];
    onProgress(
      all.reduce((sum, { current }) => sum + current, 0),
      all.reduce((sum, { total }) => sum + total, 0),
    );
  };
}
