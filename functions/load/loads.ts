import type { ObjectStore } from '../../core/ports.ts';
import { LOAD_PREFIX } from '../../core/replay/origin.ts';
import { changeList, readList } from '../../lake/list-object.ts';
import { LOADS_KEY } from '../../lake/names.ts';
import { BackfillError } from '../backfill/errors.ts';

/** Events that were loaded from files, or are about to be: nobody else loads events of their span. */
export interface Load {
  readonly id: string;
  /** What its records have in the place of a shard. */
  readonly shardId: string;
  /** First event time, epoch ms. */
  readonly fromMs: number;
  /** Behind the last event time, epoch ms. */
  readonly toMs: number;
  /** When it was begun, epoch ms: its ledger row says so, however often it is repeated. */
  readonly recordedMs: number;
  /** Whether all of it is in the archive, and in the ledger. */
  readonly isDone: boolean;
}

/** What the records of a load have in the place of a shard. */
export const shardOfLoad = (id: string): string => `${LOAD_PREFIX}${id}`;

/** All loads, in the order in which they were begun. */
export async function readLoads(objects: ObjectStore): Promise<Load[]> {
  return readList(objects, LOADS_KEY);
}

/** Puts a load on the list, once. Throws BackfillError LOAD_OVERLAPS if another one has events of its span. */
export async function claimLoad(objects: ObjectStore, load: Load): Promise<void> {
  await changeList<Load>(objects, LOADS_KEY, (loads) => {
    if (loads.some(({ id }) => id === load.id)) return loads;
    const other = loads.find(({ fromMs, toMs }) => fromMs < load.toMs && load.fromMs < toMs);
    if (other !== undefined) throw overlapping(load, other);
    return [...loads, load];
  });
}

/** Takes down that all of a load is in the archive. */
export async function finishLoad(objects: ObjectStore, id: string): Promise<void> {
  await changeList<Load>(objects, LOADS_KEY, (loads) => loads.map((load) => (load.id === id ? { ...load, isDone: true } : load)));
}

/** Takes a load that was never finished off the list. */
export async function forgetLoad(objects: ObjectStore, id: string): Promise<void> {
  await changeList<Load>(objects, LOADS_KEY, (loads) => loads.filter((load) => load.id !== id || load.isDone));
}

function overlapping(load: Load, other: Load): BackfillError {
  const way = other.isDone
    ? 'Load what is not covered with --from and --to; files of the same span go into one load.'
    : `It was begun and not finished: finish it with the same command, or give it up with headrace backfill --abandon ${other.shardId}; or load another span with --from and --to.`;
  return new BackfillError(
    'LOAD_OVERLAPS',
    `the files have events from ${spanText(load.fromMs, load.toMs - 1)}, and load ${other.id} has those from ${spanText(other.fromMs, other.toMs - 1)}: they would count twice. ${way}`,
  );
}

/** A span of event time in words, both ends inclusive. */
export function spanText(firstMs: number, lastMs: number): string {
  return `${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`;
}
