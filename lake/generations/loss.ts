import { LakeError } from '../errors.ts';
import { generationFolder } from '../names.ts';
import type { Generation, GenerationFile } from './manifest.ts';
import type { PartitionState } from './state.ts';

/** How a file of a generation was lost. */
export interface Loss {
  readonly fault: 'OBJECT_MISSING' | 'FILE_UNREADABLE';
  /** The file and what is wrong with it. */
  readonly what: string;
}

/** How to go on when a file of a published generation is lost. */
export const LOSS_REMEDY =
  "headrace compact makes the hour anew from what is kept; if it says that nothing is, put the object's earlier version back or run a backfill of this hour";

/** What is wrong with a file of a generation; undefined if it is there, as long as it was written, and not known to be unreadable. */
export function lossOf(
  { number }: Pick<Generation, 'number'>,
  { name, bytes }: GenerationFile,
  { table, partition, objects }: Pick<PartitionState, 'table' | 'partition' | 'objects'>,
): Loss | undefined {
  const key = generationFolder(table, partition, number) + name;
  const object = objects.get(number)?.find((one) => one.key === key);
  if (object === undefined) return { fault: 'OBJECT_MISSING', what: `${key} is not there` };
  if (object.bytes !== bytes)
    return { fault: 'OBJECT_MISSING', what: `${key} has ${object.bytes} bytes, not the ${bytes} that were written` };
  return object.damage === undefined ? undefined : { fault: 'FILE_UNREADABLE', what: `${key} is no whole Parquet file: ${object.damage}` };
}

/** The first loss among the files of a generation. */
export function firstLossOf(generation: Generation, state: PartitionState): Loss | undefined {
  for (const file of generation.files) {
    const loss = lossOf(generation, file, state);
    if (loss !== undefined) return loss;
  }
  return undefined;
}

/** The error for a published generation that lost a file. */
export function lossError({ fault, what }: Loss): LakeError {
  return new LakeError(fault, `${what}. Queries go on with what is left; ${LOSS_REMEDY}.`);
}
