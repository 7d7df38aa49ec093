import type { ObjectStore } from '../../core/ports.ts';
import { type Dropped, emptyManifest, type Manifest, manifestBytes, withDrop, withoutDrop } from '../generations/manifest.ts';
import type { PartitionState } from '../generations/state.ts';
import { asideFolder, landingFolder, manifestKey } from '../names.ts';
import { isPast } from '../retention.ts';
import type { TableSchema } from '../schema.ts';
import { manifestAnew } from './repair.ts';

/** A manifest and the version it was read in, or written as. */
export interface StoredManifest {
  readonly value: Manifest;
  readonly version: string;
}

/** States as they are once hours past their age have left the table, and how many of them just did. */
export interface Dropping {
  readonly states: readonly PartitionState[];
  readonly dropped: number;
}

/**
 * Has every hour that is past its age leave its table, and every one come back that is not (its table keeps rows longer now, or the clock
 * was wrong): one write to its manifest each. Its files stay where they are, for queries at work and for those of a moment before.
 */
export async function dropPast(
  objects: ObjectStore,
  table: TableSchema,
  { states, nowMs }: { readonly states: readonly PartitionState[]; readonly nowMs: number },
): Promise<Dropping> {
  const after: PartitionState[] = [];
  let dropped = 0;
  for (const state of states) {
    const written = await put(objects, state, isPast(table, state.partition, nowMs) ? { atMs: nowMs, isFinal: false } : undefined);
    if (written?.value.dropped !== undefined) dropped += 1;
    after.push(written === undefined ? state : { ...state, manifest: written, damage: undefined });
  }
  return { states: after, dropped };
}

/** Writes whether an hour has left its table; undefined if that is on record already, or somebody else is at work on it. */
async function put(objects: ObjectStore, state: PartitionState, wanted: Dropped | undefined): Promise<StoredManifest | undefined> {
  const { manifest, damage, table, partition } = state;
  const dropped = manifest?.value.dropped;
  // A later build knows better what its manifest means.
  if ((wanted === undefined) === (dropped === undefined) || dropped?.isFinal === true || damage?.error.fault === 'MANIFEST_NEWER')
    return undefined;
  const before = manifest?.value ?? (damage === undefined ? emptyManifest(table, partition) : await manifestAnew(objects, state));
  const value = wanted === undefined ? withoutDrop(before) : withDrop(before, wanted);
  const version = await objects.putIf(manifestKey(table, partition), manifestBytes(value), manifest?.version ?? damage?.version);
  return version === undefined ? undefined : { value, version };
}

/** Files of a dropped hour that were removed. */
export interface Removed {
  readonly filesRemoved: number;
  readonly landingRemoved: number;
}

/**
 * Removes the files of an hour that left its table before `horizonMs`: once its manifest says that nothing of it can be asked for any
 * more, everything that was listed, and the manifest last, so that no moment shows a part of the hour. What lands meanwhile is left to
 * the next sweep.
 */
export async function removeDropped(
  objects: ObjectStore,
  { table, partition, landing, objects: generations }: PartitionState,
  { manifest, horizonMs }: { readonly manifest: StoredManifest; readonly horizonMs: number },
): Promise<Removed> {
  const nothing = { filesRemoved: 0, landingRemoved: 0 };
  const { dropped } = manifest.value;
  if (dropped === undefined || dropped.atMs > horizonMs) return nothing;
  const key = manifestKey(table, partition);
  if (!dropped.isFinal) {
    const final = manifestBytes(withDrop(manifest.value, { ...dropped, isFinal: true }));
    if ((await objects.putIf(key, final, manifest.version)) === undefined) return nothing;
  }
  const files = [...generations.values()].flat();
  // Damaged manifests lie beside the good one.
  const beside = (await objects.list(key)).filter((object) => object.key !== key);
  const aside = await objects.list(asideFolder(table, partition));
  for (const object of [...files, ...landing, ...beside, ...aside]) await objects.remove(object.key);
  if ((await objects.list(landingFolder(table, partition))).length === 0) await objects.remove(key);
  return { filesRemoved: files.length, landingRemoved: landing.length };
}
