import type { ObjectStore } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';
import { type Manifest, manifestBytes } from '../generations/manifest.ts';
import { type PartitionState, receiptsOf } from '../generations/state.ts';
import { manifestKey } from '../names.ts';

/**
 * Makes the manifest of a partition anew from the receipts that lie beside its generations; the damaged one is kept beside it with the
 * ending `.damaged`. The generation with the highest number counts as published: all that have a receipt were found right by the witness.
 * False if the manifest is whole. Throws LakeError PARTITION_CHANGED if someone else has put it right meanwhile, MANIFEST_NEWER if a later
 * build wrote it.
 */
export async function repairManifest(objects: ObjectStore, state: PartitionState): Promise<boolean> {
  if (state.damage === undefined) return false;
  // A later build wrote it: it is not damaged, only beyond this one.
  if (state.damage.error.fault === 'MANIFEST_NEWER') throw state.damage.error;
  const key = manifestKey(state.table, state.partition);
  const damaged = await objects.get(key);
  if (damaged?.version !== state.damage.version) throw changed(key);
  const made = await manifestAnew(objects, state);
  if (damaged !== undefined) await objects.put(`${key}.damaged`, damaged.body);
  if ((await objects.putIf(key, manifestBytes(made), damaged?.version)) === undefined) throw changed(key);
  return true;
}

/** The manifest of a partition as the receipts beside its generations tell it. */
export async function manifestAnew(objects: ObjectStore, state: PartitionState): Promise<Manifest> {
  const { dt, hour } = state.partition;
  const next = Math.max(0, ...state.objects.keys()) + 1;
  return { table: state.table, dt, hour, next, attempts: [], generations: await receiptsOf(objects, state) };
}

function changed(key: string): LakeError {
  return new LakeError('PARTITION_CHANGED', `${key} was changed meanwhile; repair again`, { retriable: true });
}
