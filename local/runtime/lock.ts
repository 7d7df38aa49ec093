import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
  makeFolder(dataDir);
  const holder = lockHolder(dataDir);
  if (holder !== undefined) {
    throw usageError(
      `data folder ${dataDir} is in use`,
      `process ${holder}`,
      `stop that process first, or give another folder with --data; if that process is not headrace, remove ${join(dataDir, 'lock')}`,
    );
  }
  const path = join(dataDir, 'lock');
  writeFileSync(path, String(process.pid));
  return { release: () => rmSync(path, { force: true }) };
}

/** Makes a folder and those above it, one by one: Node's own way of making them all never returns on paths such as /proc/x. */
function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    for (const folder of missing.reverse()) mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw usageError(`data folder ${path} cannot be made`, code ?? String(error), 'a folder that this user may write to');
  }
  if (!statSync(path).isDirectory()) throw usageError('data folder', path, 'a folder, or a path where one can be made');
}
