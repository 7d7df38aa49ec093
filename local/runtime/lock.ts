import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';

/** Claim of one process on a data folder. */
export interface FolderLock {
  release(): void;
}

/** Process id that holds the data folder; undefined if it is free or its holder is gone. */
export function lockHolder(dataDir: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(join(dataDir, 'lock'), 'utf8');
  } catch {
    return undefined;
  }
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

/** Claims a data folder for this process, making the folder if needed. Throws UsageError while another live process holds it. */
export function lockFolder(dataDir: string): FolderLock {
  mkdirSync(dataDir, { recursive: true });
  const holder = lockHolder(dataDir);
  if (holder !== undefined) {
    throw usageError(
      `data folder ${dataDir} is in use`,
      `process ${holder}`,
      'stop that process first, or give another folder with --data',
    );
  }
  const path = join(dataDir, 'lock');
  writeFileSync(path, String(process.pid));
  return { release: () => rmSync(path, { force: true }) };
}
