import { join } from 'node:path';
import { CheckedObjects, checkEnds } from '../../lake/generations/checked.ts';
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

/** What is wrong with files, by their keys, beyond what a look at their ends shows: somebody has tried to read them. */
export type KnownDamage = ReadonlyMap<string, string>;

/** What is looked for. */
export interface LakeFilesOptions {
  /** As it was published at this moment, epoch ms; default: as it is now. */
  readonly asOfMs?: number | undefined;
  /** Files that are passed over; default: none. */
  readonly damage?: KnownDamage;
}

/** Finds the files that show a table; those that nobody can read give way to what is left. */
export async function lakeFilesOf(
  lakeDir: string,
  table: string,
  { asOfMs, damage = new Map() }: LakeFilesOptions = {},
): Promise<LakeFiles> {
  const store = new FolderObjectStore(lakeDir);
  const snapshots: Snapshot[] = [];
  const checked = new CheckedObjects(
    { objects: store, files: store },
    async (files, object) => damage.get(object.key) ?? checkEnds(files, object),
  );
  for (const state of await readTable(checked, table)) snapshots.push(await snapshotOf(checked, state, asOfMs));
  return await filesOf(lakeDir, snapshots, damage);
}

/** The files of snapshots, which lie in `lakeDir` under their keys. */
export async function filesOf(lakeDir: string, snapshots: readonly Snapshot[], known: KnownDamage): Promise<LakeFiles> {
  const store = new FolderObjectStore(lakeDir);
  const landed: string[] = [];
  const broken: string[] = [];
  for (const object of snapshots.flatMap((one) => one.landed)) {
    const damage = known.get(object.key) ?? (await checkEnds(store, object));
    if (damage === undefined) landed.push(join(lakeDir, object.key));
    else broken.push(unreadable(object.key, damage));
  }
  return {
    published: snapshots.flatMap((one) => one.published.map((key) => join(lakeDir, key))),
    landed,
    warnings: [...snapshots.flatMap(({ warning }) => warning ?? []), ...broken],
  };
}

/** The engine would refuse the whole table for one such file. */
function unreadable(key: string, damage: string): string {
  const remedy = `put back its earlier version, or set it aside with headrace compact --set-aside ${key}`;
  return `FILE_UNREADABLE: ${key} is no whole Parquet file: ${damage}; its rows are not in the answer; ${remedy}`;
}
