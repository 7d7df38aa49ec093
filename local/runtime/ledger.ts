import type { Plan } from '../../core/plan.ts';
import type { StateStore } from '../../core/ports.ts';
import { shardsPk } from '../../core/state/keys.ts';
import { type Counters, parseShard, recordedWatermark } from '../../core/state/shard.ts';
import type { LedgerShard } from '../../lake/rows.ts';
import type { LakeSql } from '../sql/lake-sql.ts';

/** Lanes as the ledger counts them, in the order of the balance. */
const LANES = ['accepted', 'late', 'duplicate', 'quarantined'] as const;

/** The ledger, and what the lake's archive says about it. */
export interface LedgerReport {
  readonly shards: readonly LedgerShard[];
  readonly total: Counters;
  /** One line for each number that differs; empty when everything balances. */
  readonly differences: readonly string[];
}

/** Ledgers of all shards on record, by shard id. */
export async function shardLedgers(store: StateStore, plan: Plan, streamEpoch: string): Promise<LedgerShard[]> {
  const items = await store.query(shardsPk(streamEpoch));
  return items.map(({ sk, body }) => {
    const { hi, counters, ...rest } = parseShard(body);
    return { shardId: sk, hi, counters, watermarkMs: recordedWatermark({ hi, counters, ...rest }, plan.pipeline.time.outOfOrdernessMs) };
  });
}

/** Sum of the counters of several shards. */
export function totalOf(shards: readonly LedgerShard[]): Counters {
  const total: Counters = { seen: 0, accepted: 0, late: 0, duplicate: 0, quarantined: 0, misrouted: 0 };
  for (const { counters } of shards) {
    for (const name of Object.keys(total) as (keyof Counters)[]) total[name] += counters[name];
  }
  return total;
}

/** Compares ledgers with themselves (`seen = accepted + late + duplicate + quarantined`) and with the archive up to each `hi`. */
export async function checkLedger(shards: readonly LedgerShard[], sql: LakeSql): Promise<LedgerReport> {
  const archived = await archivedByLane(shards, sql);
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

async function archivedByLane(shards: readonly LedgerShard[], sql: LakeSql): Promise<Map<string, number>> {
  const finished = shards.flatMap(({ shardId, hi }) => (hi === null ? [] : [`('${shardId}', '${hi}')`]));
  if (finished.length === 0) return new Map();
  const { rows } = await sql.query(`
    SELECT a.shard_id, a.lane, count(DISTINCT a.sequence || '.' || CAST(a.sub_sequence AS VARCHAR)) AS n
    FROM archive a JOIN (VALUES ${finished.join(', ')}) AS f(shard_id, hi) ON a.shard_id = f.shard_id
    WHERE a.kind = 'record' AND lpad(a.sequence, 56, '0') || '.' || lpad(CAST(a.sub_sequence AS VARCHAR), 6, '0') <= f.hi
    GROUP BY a.shard_id, a.lane`);
  return new Map(rows.map((row) => [`${String(row[0])} ${String(row[1])}`, Number(row[2])]));
}
