import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { SCRATCH_FOLDER } from '../../lake/object-key.ts';
import { namingFaults } from '../../lake/store-fault.ts';

/** Claim of one process on a data folder. */
export interface FolderLock {
  release(): void;
}

/** Process id that holds the data folder; undefined if it is free or its holder is gone. */
export function lockHolder(dataDir: string): number | undefined {
  return holderIn(join(dataDir, 'lock'));
}

function holderIn(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
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

/**
 * Claims a data folder for this process, making the folder if needed: of any that try at once one gets it. Throws UsageError while
 * another live process holds it, LakeError STORE_FULL or STORE_DENIED if nothing can be written to it.
 */
export function lockFolder(dataDir: string): FolderLock {
  makeFolder(dataDir);
  return namingFaults(dataDir, () => claimed(dataDir, inUse));
}

/**
 * Claims the compaction of a lake folder for this process: manifests of a folder have one writer at a time, be it a compaction, a
 * backfill that publishes or an erasure. Throws UsageError while another process is at it, LakeError as for a data folder.
 */
export function lockCompaction(lakeDir: string): FolderLock {
  const folder = join(lakeDir, SCRATCH_FOLDER, 'compaction');
  return namingFaults(folder, () => {
    mkdirSync(folder, { recursive: true });
    return claimed(folder, compactionAtWork);
  });
}

/** What a process is told that comes second. */
type Refusal = (folder: string, holder: number) => Error;

function claimed(folder: string, refusal: Refusal): FolderLock {
  const path = join(folder, 'lock');
  const mine = `${path}.${process.pid}`;
  try {
    writeFileSync(mine, String(process.pid));
    while (!linked(mine, path)) {
      const holder = holderIn(path) ?? clearedOf(path);
      if (holder !== undefined) throw refusal(folder, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return { release: () => rmSync(path, { force: true }) };
}

/** Gives a file a second name, unless that is taken: the claim is there with its holder in it, or not at all. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes the claim of a dead process away. If another process did so just before, and has claimed the folder, that claim is put back: its holder. */
function clearedOf(path: string): number | undefined {
  const old = `${path}.old.${process.pid}`;
  try {
    renameSync(path, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const holder = holderIn(old);
  if (holder !== undefined) linked(old, path);
  rmSync(old, { force: true });
  return holder;
}

function inUse(dataDir: string, holder: number): Error {
  return usageError(
    `data folder ${dataDir} is in use`,
    `process ${holder}`,
    `stop that process first, or give another folder with --data; if that process is not headrace, remove ${join(dataDir, 'lock')}`,
  );
}

function compactionAtWork(folder: string, holder: number): Error {
  return usageError(
    'another compaction of this lake is at work',
    `process ${holder}`,
    `one at a time, and none beside a backfill that publishes or an erasure: wait until it is done and do the same again; if that process is not headrace, remove ${join(folder, 'lock')}`,
  );
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
