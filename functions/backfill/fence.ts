import { SEQUENCE_DIGITS, sequenceOf, subSequenceOf } from '../../core/decode/position.ts';
import type { SqlEngine } from '../../core/ports.ts';
import { BackfillError } from './errors.ts';
import type { Fence, FencePlace } from './plan-record.ts';

/** Reads the fence off the newest ledger snapshot that is old enough for everything before it to have landed. */
export async function readFence(sql: SqlEngine, nowMs: number, landingMs: number): Promise<Fence> {
  const limit = new Date(nowMs - landingMs).toISOString().replace('T', ' ').slice(0, -1);
  const { rows } = await sql.run(`
    SELECT shard_id, hi, seen, CAST(round(to_unixtime(recorded_at) * 1000) AS BIGINT), CAST(round(to_unixtime(closed) * 1000) AS BIGINT)
    FROM ledger
    WHERE recorded_at = (SELECT max(recorded_at) FROM ledger WHERE recorded_at <= TIMESTAMP '${limit}')
    ORDER BY shard_id`);
  const places = rows.flatMap(([shard, hi, seen]): [string, FencePlace][] =>
    hi === null || hi === undefined ? [] : [[String(shard), placeOf(String(hi), Number(seen))]],
  );
  const [first] = rows;
  const closed = first?.[4];
  if (first === undefined || closed === null || closed === undefined)
    throw new BackfillError(
      'NOTHING_FINAL',
      'no ledger snapshot that has landed says that any window is final; wait until windows have closed, or run the input to its end',
    );
  return { closedMs: Number(closed), through: Object.fromEntries(places), recordedMs: Number(first[3]) };
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
