import { positionOf } from '../../core/decode/position.ts';
import type { ObjectStore } from '../../core/ports.ts';
import type { IncludesLate } from '../../core/replay/fold.ts';
import { LakeError } from '../../lake/errors.ts';
import { CORRECTIONS_KEY } from '../../lake/names.ts';
import type { Correction } from './plan-record.ts';

const TRIES = 8;

/** Corrections that are published, oldest first. */
export async function readCorrections(objects: ObjectStore): Promise<Correction[]> {
  return (await stored(objects)).list;
}

/** Puts a correction on the list, once. */
export async function addCorrection(objects: ObjectStore, correction: Correction): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { list, version } = await stored(objects);
    if (list.some(({ id }) => id === correction.id)) return;
    const body = new TextEncoder().encode(`${JSON.stringify([...list, correction])}\n`);
    if ((await objects.putIf(CORRECTIONS_KEY, body, version)) !== undefined) return;
  }
  throw new LakeError('PARTITION_CHANGED', `${CORRECTIONS_KEY} is changed again and again by others; try again`, { retriable: true });
}

async function stored(objects: ObjectStore): Promise<{ readonly list: Correction[]; readonly version: string | undefined }> {
  const found = await objects.get(CORRECTIONS_KEY);
  if (found === undefined) return { list: [], version: undefined };
  return { list: JSON.parse(new TextDecoder().decode(found.body)) as Correction[], version: found.version };
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
