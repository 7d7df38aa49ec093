import { type Snooze, withoutSnooze, withSnooze } from '../core/alerts/snooze.ts';
import type { Clock, ObjectStore } from '../core/ports.ts';
import { changeList, readList } from './list-object.ts';

/** Key of the list of snoozes: beside the tables, where a person's command and a running pipeline both reach it. */
export const SNOOZES_KEY = 'snoozes.json';

/** All snoozes in force, and those that ended in the last months. */
export function readSnoozes(objects: ObjectStore): Promise<Snooze[]> {
  return readList<Snooze>(objects, SNOOZES_KEY);
}

/** Adds a snooze. Throws UsageError and LakeError PARTITION_CHANGED. */
export function addSnooze(objects: ObjectStore, snooze: Snooze): Promise<void> {
  return changeList<Snooze>(objects, SNOOZES_KEY, (list) => withSnooze(list, snooze));
}

/** Ends a snooze before its time. Throws UsageError and LakeError PARTITION_CHANGED. */
export function endSnooze(objects: ObjectStore, end: Pick<Snooze, 'field' | 'value' | 'by'> & { readonly nowMs: number }): Promise<void> {
  return changeList<Snooze>(objects, SNOOZES_KEY, (list) => withoutSnooze(list, end));
}

/** Puts a pseudonym in the place of an erased key; whose snooze was in force is snoozed no more. */
export async function maskSnoozes(
  objects: ObjectStore,
  { field, value, pseudonym }: { readonly field: string; readonly value: string; readonly pseudonym: string },
): Promise<void> {
  await changeList<Snooze>(objects, SNOOZES_KEY, (list) =>
    list.map((one) => (one.field === field && one.value === value ? { ...one, value: pseudonym, why: 'erased' } : one)),
  );
}

/** How long a list that was read is used again, ms: a snooze is in force within that time. */
const FRESH_MS = 10_000;

/**
 * Reads the snoozes, again only when what was read is ten seconds old. A list that cannot be read is told of and the last one goes on to
 * hold: an alert told for nothing is better than none told.
 */
export function cachedSnoozes(objects: ObjectStore, clock: Clock, onFailure: (error: unknown) => void): () => Promise<readonly Snooze[]> {
  let readMs = Number.NEGATIVE_INFINITY;
  let known: readonly Snooze[] = [];
  return async () => {
    if (clock() - readMs <= FRESH_MS) return known;
    readMs = clock();
    try {
      known = await readSnoozes(objects);
    } catch (error) {
      onFailure(error);
    }
    return known;
  };
}
