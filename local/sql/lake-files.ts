import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Snapshot, snapshotOf } from '../../lake/generations/snapshot.ts';
import { readTable } from '../../lake/generations/state.ts';
import { FolderObjectStore } from '../objects/folder.ts';

/** Files that show a table whole. */
export interface LakeFiles {
  /** Paths of the files of published generations. */
  readonly published: readonly string[];
  /** Paths of landing files that no published generation includes. */
  readonly landed: readonly string[];
  /** What is not as it should be, in words. */
  readonly warnings: readonly string[];
}

/** Magic bytes at both ends of a Parquet file. */
const MAGIC = 'PAR1';
const FILE_BYTES_MIN = 12;

/** Finds the files of a table, as they are now or, with `asOfMs` (epoch ms), as they were published then. */
export async function lakeFilesOf(lakeDir: string, table: string, asOfMs?: number): Promise<LakeFiles> {
  const store = new FolderObjectStore(lakeDir);
  const snapshots: Snapshot[] = [];
  for (const state of await readTable(store, table)) snapshots.push(await snapshotOf(store, state, asOfMs));
  return filesOf(lakeDir, snapshots);
}

/** The files of snapshots, which lie in `lakeDir` under their keys. */
export function filesOf(lakeDir: string, snapshots: readonly Snapshot[]): LakeFiles {
  const landed = snapshots.flatMap((one) => one.landed.map(({ key, bytes }) => ({ key, isWhole: isParquet(join(lakeDir, key), bytes) })));
  const broken = landed
    .filter(({ isWhole }) => !isWhole)
    .map(({ key }) => `FILE_UNREADABLE: ${key} is no whole Parquet file; its rows are not in the answer`);
  return {
    published: snapshots.flatMap((one) => one.published.map((key) => join(lakeDir, key))),
    landed: landed.filter(({ isWhole }) => isWhole).map(({ key }) => join(lakeDir, key)),
    warnings: [...snapshots.flatMap(({ warning }) => warning ?? []), ...broken],
  };
}

/** Whether a file begins and ends as Parquet does: the engine would refuse the whole table for one that does not. */
function isParquet(path: string, bytes: number): boolean {
  if (bytes < FILE_BYTES_MIN) return false;
  const file = openSync(path, 'r');
  try {
    const ends = Buffer.alloc(2 * MAGIC.length);
    readSync(file, ends, 0, MAGIC.length, 0);
    readSync(file, ends, MAGIC.length, MAGIC.length, bytes - MAGIC.length);
    return ends.toString('latin1') === MAGIC + MAGIC;
  } finally {
    closeSync(file);
  }
}
