import { readFileSync } from 'node:fs';

/** Of the package, which all packages of nap share. */
export function agentVersion(): string {
  const path = new URL('../package.json', import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isManifest ? String(manifest.version) : 'unknown';
}
