import { SEQUENCE_DIGITS, sequenceOf, subSequenceOf } from '../../core/decode/position.ts';
import type { SqlEngine } from '../../core/ports.ts';
import { isLoad } from '../../core/replay/origin.ts';
import { BackfillError } from './errors.ts';
import type { Fence, FencePlace } from './plan-record.ts';

/** Condition on rows of shards of the stream, in SQL of both engines. */
export const OF_STREAM = "shard_id NOT LIKE 'load-%'";

/** One shard as the ledger last showed it. */
interface Snapshot {
  readonly shardId: string;
  readonly place: FencePlace | undefined;
  readonly recordedMs: number;
  readonly closedMs: number | null;
}

/**
 * Reads the fence off the ledger: of the stream the newest snapshot that is old enough for everything before it to have landed; of each
 * load its own row, which lands after all of it. Windows are final as the stream has it, where there is a stream.
 */
export async function readFence(sql: SqlEngine, nowMs: number, landingMs: number): Promise<Fence> {
  const snapshots = await readSnapshots(sql, nowMs - landingMs);
  const closedMs = closedOf(snapshots.filter(({ shardId }) => !isLoad(shardId))) ?? closedOf(snapshots);
  if (closedMs === null)
    throw new BackfillError(
      'NOTHING_FINAL',
      'no ledger snapshot that has landed says that any window is final; wait until windows have closed, or run the input to its end',
    );
  const places = snapshots.flatMap(({ shardId, place }): [string, FencePlace][] => (place === undefined ? [] : [[shardId, place]]));
  return { closedMs, through: Object.fromEntries(places), recordedMs: Math.max(...snapshots.map(({ recordedMs }) => recordedMs)) };
}

/** Watermark behind which the stream has closed its windows, epoch ms; null before that. */
export async function streamClosedMs(sql: SqlEngine, nowMs: number, landingMs: number): Promise<number | null> {
  return closedOf((await readSnapshots(sql, nowMs - landingMs)).filter(({ shardId }) => !isLoad(shardId)));
}

function closedOf(snapshots: readonly Snapshot[]): number | null {
  const closed = snapshots.flatMap(({ closedMs }) => closedMs ?? []);
  return closed.length === 0 ? null : Math.max(...closed);
}

async function readSnapshots(sql: SqlEngine, limitMs: number): Promise<Snapshot[]> {
  const { rows } = await sql.run(`
    SELECT shard_id, hi, seen, CAST(round(to_unixtime(recorded_at) * 1000) AS BIGINT), CAST(round(to_unixtime(closed) * 1000) AS BIGINT)
    FROM ledger
    WHERE NOT (${OF_STREAM})
      OR recorded_at = (SELECT max(recorded_at) FROM ledger WHERE ${OF_STREAM} AND recorded_at <= ${timestampSql(limitMs)})
    ORDER BY shard_id`);
  return rows.map(([shard, hi, seen, recorded, closed]) => ({
    shardId: String(shard),
    place: hi === null || hi === undefined ? undefined : placeOf(String(hi), Number(seen)),
    recordedMs: Number(recorded),
    closedMs: closed === null || closed === undefined ? null : Number(closed),
  }));
}

function placeOf(hi: string, seen: number): FencePlace {
  return { sequence: sequenceOf(hi), subSequence: subSequenceOf(hi), seen };
}

/** Condition on archive rows of all shards up to a fence. Sequence numbers are decimal text, of one stream perhaps with zeros in front. */
export function upTo(through: Fence['through']): string {
  const padded = `lpad(sequence, ${SEQUENCE_DIGITS}, '0')`;
  const shards = Object.entries(through).map(([shard, { sequence, subSequence }]) => {
    const last = `'${sequence.padStart(SEQUENCE_DIGITS, '0')}'`;
    return `(shard_id = '${shard}' AND (${padded} < ${last} OR (${padded} = ${last} AND sub_sequence <= ${subSequence})))`;
  });
  return shards.length === 0 ? '(1 = 0)' : `(${shards.join(' OR ')})`;
}

/** An instant as both engines read it. */
export function timestampSql(ms: number): string {
  return `TIMESTAMP '${new Date(ms).toISOString().replace('T', ' ').slice(0, -1)}'`;
}
