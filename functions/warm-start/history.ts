import { sequenceOf, subSequenceOf } from '../../core/decode/position.ts';
import type { Position } from '../../core/model.ts';
import { OF_STREAM, timestampSql, upTo } from '../backfill/fence.ts';
import type { FencePlace } from '../backfill/plan-record.ts';
import type { WarmPorts } from './ports.ts';
import type { LeftShard } from './state.ts';

const HOUR_MS = 3_600_000;
/** Longest time that a record can wait in a stream, ms: the retention that Kinesis allows at most is a year, and ours is a week. */
const WAITING_MS = 168 * HOUR_MS;

/** Condition on archive rows: accepted records of the stream from an event time on. Of loaded history live features know nothing. */
export function historySql(fromMs: number): string {
  const time = fromMs === Number.NEGATIVE_INFINITY ? '' : ` AND event_time >= ${timestampSql(fromMs)}`;
  return `kind = 'record' AND lane = 'accepted' AND ${OF_STREAM}${time}`;
}

/** What is missing of the archived records with event times from `fromMs` on, in words; undefined if the archive holds what the shards have counted. */
export async function missingHistory(ports: WarmPorts, shards: readonly LeftShard[], fromMs: number): Promise<string | undefined> {
  const before = await countedBefore(ports, fromMs - ports.plan.pipeline.time.futureMs);
  for (const { shardId, state } of shards) {
    if (state.hi === null) continue;
    const counted = before.get(shardId);
    const seen = state.counters.seen - (counted?.seen ?? 0);
    const after = counted === undefined ? '' : ` AND NOT ${upTo({ [shardId]: placeOf(counted.hi, counted.seen) })}`;
    const condition = `kind = 'record' AND ${upTo({ [shardId]: placeOf(state.hi, state.counters.seen) })}${after}`;
    const arrival = { fromMs: (counted?.recordedMs ?? Number.NEGATIVE_INFINITY) - WAITING_MS, toMs: Number.POSITIVE_INFINITY };
    const found = await ports.archive.count(condition, arrival);
    if (found < seen) return `shard ${shardId} has counted ${seen} records${sinceText(counted?.recordedMs)}, the archive holds ${found}`;
  }
  return undefined;
}

function sinceText(ms: number | undefined): string {
  return ms === undefined ? '' : ` since ${new Date(ms).toISOString()}`;
}

interface Counted {
  readonly hi: Position;
  readonly seen: number;
  readonly recordedMs: number;
}

/** Newest ledger snapshot of each shard before a moment: no event that is looked for arrived before it. */
async function countedBefore({ sql }: WarmPorts, ms: number): Promise<Map<string, Counted>> {
  if (ms === Number.NEGATIVE_INFINITY) return new Map();
  const { rows } = await sql.run(`
    SELECT shard_id, max(hi), max(seen), CAST(round(to_unixtime(max(recorded_at)) * 1000) AS BIGINT)
    FROM ledger WHERE recorded_at < ${timestampSql(ms)} AND hi IS NOT NULL AND ${OF_STREAM} GROUP BY shard_id`);
  return new Map(rows.map(([shard, hi, seen, at]) => [String(shard), { hi: String(hi), seen: Number(seen), recordedMs: Number(at) }]));
}

function placeOf(hi: Position, seen: number): FencePlace {
  return { sequence: sequenceOf(hi), subSequence: subSequenceOf(hi), seen };
}
