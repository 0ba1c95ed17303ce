import { readdir } from 'node:fs/promises';

/** One directory for each card, made by NVIDIA's driver. */
const NVIDIA_CARDS = '/proc/driver/nvidia/gpus';

/** What the host has to lend: its NVIDIA cards, and what the operator says, which counts more. */
export async function hostResources(
  configured: Readonly<Record<string, number>>,
  listCards: () => Promise<readonly string[]> = () => readdir(NVIDIA_CARDS),
): Promise<Readonly<Record<string, number>>> {
  const cards = await listCards().catch(() => []);
  const all = { gpu: cards.length, ...configured };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}
