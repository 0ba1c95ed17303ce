/** The file that says which lab is up. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hasCode } from './errors.js';
import { RECORD_FILE, STATE_DIR } from './paths.js';
import { formatRecord, parseRecord, type LabRecord, type LabSettings } from './plan/settings.js';

export async function readRecord(): Promise<LabRecord | undefined> {
  try {
    return parseRecord(await readFile(RECORD_FILE, 'utf8'));
  } catch (err) {
    if (hasCode(err, 'ENOENT')) return undefined;
    throw err;
  }
}

export async function writeRecord(settings: LabSettings): Promise<void> {
  await mkdir(STATE_DIR, { recursive: true });
  const aside = `${RECORD_FILE}.new`;
  await writeFile(aside, formatRecord({ settings, bootId: await bootId() }));
  await rename(aside, RECORD_FILE);
}

/** True for a lab of an earlier boot of the machine, of which only files are left. */
export async function isStale(record: LabRecord): Promise<boolean> {
  return record.bootId !== (await bootId());
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
