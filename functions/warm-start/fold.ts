import { join } from 'node:path';
import type { SliceUpdate } from '../../core/fold.ts';
import type { Row } from '../../core/ports.ts';
import type { TileRing } from '../../core/profiles/tiles.ts';
import { SliceFold } from '../../core/replay/fold.ts';
import type { ArchivedRecord } from '../../core/replay/record.ts';
import { tileFamilyName } from '../../core/windows/families.ts';
import { RowFile } from '../../lake/row-file.ts';
import { Contexts, readSlice, sliceNames } from '../backfill/slices.ts';
import { withEngine } from '../backfill/step-tools.ts';
import { TILES } from '../backfill/tile-rows.ts';
import { padded, type Work } from '../backfill/work.ts';
import type { KeyFill } from './keys.ts';
import type { WarmPorts } from './ports.ts';
import type { LeftShard } from './state.ts';

/** What one slice of keys is folded into. */
export interface FoldTargets {
  readonly keys: KeyFill;
  readonly tileRings: readonly TileRing[];
  readonly shards: readonly LeftShard[];
}

/** How many events were folded, and how many archived ones are none by the present definition. */
export interface FoldCount {
  readonly events: number;
  readonly unread: number;
}

/** Folds one slice of keys: into profiles, and what it adds to tiles into the work. */
export async function foldHistory(ports: WarmPorts, work: Work, at: number, { keys, tileRings, shards }: FoldTargets): Promise<FoldCount> {
  const families = new Set(tileRings.map(tileFamilyName));
  const plan = { ...ports.plan, families: ports.plan.families.filter(({ name }) => families.has(name)), sessions: [] };
  const fold = new SliceFold(plan, () => false);
  const hiOf = new Map(shards.map(({ shardId, state }) => [shardId, state.hi]));
  const [first] = shards;
  // The closer merges the tiles of all shards, so that those of a shard which is not on record may be another one's.
  const ownerOf = (shardId: string): string => (hiOf.has(shardId) ? shardId : (first?.shardId ?? shardId));
  const names = await sliceNames(work, at);
  let events = 0;
  await withEngine(ports, `warm-fold-${at}`, async (engine, scratch) => {
    const partials = new RowFile(TILES, join(scratch, 'partials.ndjson'));
    await work.withFiles(names, async (paths) => {
      for await (const records of readSlice(engine, new Contexts(), paths)) {
        for (const [shardId, own] of finishedByShard(records, hiOf)) {
          const { verdicts, updates } = fold.add(own);
          for (const { event } of verdicts) if (event !== undefined) keys.add(event);
          events += verdicts.length;
          partials.add(partialRows(updates, ownerOf(shardId)));
        }
      }
    });
    if (partials.rows === 0) return;
    const path = join(scratch, 'partials.parquet');
    await partials.finish(engine, path, ['name', 'group_key', 'start_ms']);
    await work.store(`partials/${padded(at)}.parquet`, path);
  });
  await keys.store();
  return { events, unread: fold.faults.length };
}

/** Records by shard; without those of unfinished batches, which are not told by what has landed of them. */
function finishedByShard(records: readonly ArchivedRecord[], hiOf: ReadonlyMap<string, string | null>): Map<string, ArchivedRecord[]> {
  const byShard = new Map<string, ArchivedRecord[]>();
  for (const record of records) {
    const hi = hiOf.get(record.shardId);
    // A shard of an earlier stream is not on record, and has no batch that could be finished.
    if (hi === null || (hi !== undefined && record.raw.position > hi)) continue;
    const own = byShard.get(record.shardId);
    if (own === undefined) byShard.set(record.shardId, [record]);
    else own.push(record);
  }
  return byShard;
}

function partialRows(updates: readonly SliceUpdate[], origin: string): Row[] {
  return updates.flatMap(({ name, startMs, slice }) =>
    Object.entries(slice.groups).map(([group, accumulator]) => ({
      name,
      origin,
      start_ms: startMs,
      group_key: group,
      accumulator: JSON.stringify(accumulator),
    })),
  );
}
