import { positionOf } from '../../core/decode/position.ts';
import type { ObjectStore } from '../../core/ports.ts';
import type { IncludesLate } from '../../core/replay/fold.ts';
import { changeList, readList } from '../../lake/list-object.ts';
import { CORRECTIONS_KEY } from '../../lake/names.ts';
import type { Correction } from './plan-record.ts';

/** Corrections that are published, oldest first. */
export async function readCorrections(objects: ObjectStore): Promise<Correction[]> {
  return readList(objects, CORRECTIONS_KEY);
}

/** Puts a correction on the list, once. */
export async function addCorrection(objects: ObjectStore, correction: Correction): Promise<void> {
  await changeList<Correction>(objects, CORRECTIONS_KEY, (list) =>
    list.some(({ id }) => id === correction.id) ? list : [...list, correction],
  );
}

/** Takes the correction of a backfill off the list, if it is there. */
export async function removeCorrection(objects: ObjectStore, backfillId: string): Promise<void> {
  await changeList<Correction>(objects, CORRECTIONS_KEY, (list) => list.filter(({ id }) => id !== backfillId));
}

/** Which late events aggregates include, by the corrections. */
export function includedBy(corrections: readonly Correction[]): IncludesLate {
  const known = corrections.map(({ fromMs, toMs, tables, through }) => ({
    fromMs,
    toMs,
    tables: new Set(tables),
    through: new Map(Object.entries(through).map(([shard, place]) => [shard, positionOf(place.sequence, place.subSequence)])),
  }));
  return (aggregate, event, { shardId, raw }) =>
    known.some(
      ({ fromMs, toMs, tables, through }) =>
        event.timeMs >= fromMs && event.timeMs < toMs && tables.has(aggregate) && raw.position <= (through.get(shardId) ?? ''),
    );
}
