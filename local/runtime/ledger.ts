import { LOAD_PREFIX } from '../../core/replay/origin.ts';
import type { Counters } from '../../core/state/shard.ts';
import { type LedgerShard, placeOfPosition } from '../../lake/rows.ts';
import type { LakeQueries } from '../sql/format.ts';

/** Lanes as the ledger counts them, in the order of the balance. */
const LANES = ['accepted', 'late', 'duplicate', 'quarantined'] as const;

/** The ledger, and what the lake's archive says about it. */
export interface LedgerReport {
  readonly shards: readonly LedgerShard[];
  readonly total: Counters;
  /** One line for each number that differs; empty when everything balances. */
  readonly differences: readonly string[];
}

/** Sum of the counters of several shards. */
export function totalOf(shards: readonly LedgerShard[]): Counters {
  const total: Counters = { seen: 0, accepted: 0, late: 0, duplicate: 0, quarantined: 0, misrouted: 0 };
  for (const { counters } of shards) {
    for (const name of Object.keys(total) as (keyof Counters)[]) total[name] += counters[name];
  }
  return total;
}

/** Ledgers of the loads from files: the lake alone has them. `relation` holds the rows of the ledger, maybe with repeats; in SQL of both engines. */
export async function loadLedgers(sql: Pick<LakeQueries, 'query'>, relation = 'ledger'): Promise<LedgerShard[]> {
  const { rows } = await sql.query(`
    SELECT DISTINCT shard_id, hi, CAST(watermark AS VARCHAR) AS watermark, seen, accepted, late, duplicate, quarantined, misrouted
    FROM ${relation} WHERE shard_id LIKE '${LOAD_PREFIX}%' ORDER BY shard_id`);
  // Times as text: engines have no other form in common.
  return rows.map(([shardId, hi, watermark, ...counts]) =>
    ledgerOf([shardId, hi, watermark === null ? null : Date.parse(`${String(watermark).replace(' ', 'T')}Z`), ...counts]),
  );
}

/** A row of the ledger: shard, place, watermark (epoch ms), and the counters. */
export function ledgerOf([shardId, hi, watermark, ...counts]: readonly unknown[]): LedgerShard {
  const [seen = 0, accepted = 0, late = 0, duplicate = 0, quarantined = 0, misrouted = 0] = counts.map(Number);
  return {
    shardId: String(shardId),
    hi: hi === null ? null : String(hi),
    watermarkMs: watermark === null ? null : Number(watermark),
    closedMs: null,
    counters: { seen, accepted, late, duplicate, quarantined, misrouted },
  };
}

/** Landed rows of the archive in a data folder, repeats included. */
const LANDED_ARCHIVE = 'landing.archive';

/**
 * Compares ledgers with themselves (`seen = accepted + late + duplicate + quarantined`) and with the archive up to each `hi`;
 * `archive` is the relation that holds its rows.
 */
export async function checkLedger(
  shards: readonly LedgerShard[],
  sql: Pick<LakeQueries, 'query'>,
  archive: string = LANDED_ARCHIVE,
): Promise<LedgerReport> {
  const archived = await archivedByLane(shards, sql, archive);
  const differences = shards.flatMap(({ shardId, counters }) => {
    const sum = LANES.reduce((all, lane) => all + counters[lane], 0);
    const own = sum === counters.seen ? [] : [`${shardId}: seen ${counters.seen}, but its bins add up to ${sum}`];
    const lake = LANES.flatMap((lane) => {
      const rows = archived.get(`${shardId} ${lane}`) ?? 0;
      return rows === counters[lane] ? [] : [`${shardId}: ${lane} ${counters[lane]}, but the archive has ${rows}`];
    });
    return [...own, ...lake];
  });
  return { shards, total: totalOf(shards), differences };
}

/** Different archive rows by shard and lane up to each shard's `hi`; shard by shard, which keeps the engine's memory small. */
async function archivedByLane(
  shards: readonly LedgerShard[],
  sql: Pick<LakeQueries, 'query'>,
  archive: string,
): Promise<Map<string, number>> {
  const archived = new Map<string, number>();
  for (const { shardId, hi } of shards) {
    if (hi === null) continue;
    const { sequence, subSequence } = placeOfPosition(hi);
    const { rows } = await sql.query(`
      SELECT lane, count(*) FROM (
        SELECT DISTINCT sequence, sub_sequence, lane FROM ${archive}
        WHERE kind = 'record' AND shard_id = '${shardId}'
          AND (length(sequence) < ${sequence.length} OR (length(sequence) = ${sequence.length} AND sequence <= '${sequence}'))
          AND (sequence <> '${sequence}' OR sub_sequence <= ${subSequence}))
      GROUP BY lane`);
    for (const [lane, count] of rows) archived.set(`${shardId} ${String(lane)}`, Number(count));
  }
  return archived;
}
