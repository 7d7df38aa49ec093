import { usageError } from '../core/errors.ts';
import type { LakeSql } from '../local/sql/lake-sql.ts';

/** Place of a quarantined event in the stream; it is also its id. */
export interface QuarantineId {
  readonly shard_id: string;
  /** Decimal, up to 56 digits. */
  readonly sequence: string;
  readonly sub_sequence: number;
}

/** One quarantined event; `data_base64` (the original bytes) only where one event is shown. */
export interface Quarantined extends QuarantineId {
  /** RFC 3339, UTC. */
  readonly arrival_time: string;
  readonly partition_key: string;
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly data_base64?: string;
}

/** Quarantined events, newest first, and how many there are for each code in all. */
export interface QuarantineList {
  readonly codes: readonly { readonly code: string; readonly events: number }[];
  readonly events: readonly Quarantined[];
}

const ID = /^([A-Za-z0-9_.-]{1,128}):(\d{1,56}):(\d{1,6})$/;
const COLUMNS = 'shard_id, sequence, sub_sequence, epoch_ms(arrival_time), partition_key, code, path, message';

/** Id of an event as `list` shows it and `show` takes it. */
export function idOf({ shard_id, sequence, sub_sequence }: QuarantineId): string {
  return `${shard_id}:${sequence}:${sub_sequence}`;
}

/** Reads an id. Throws UsageError on any other text. */
export function parseId(text: string): QuarantineId {
  const [, shardId, sequence, subSequence] = ID.exec(text) ?? [];
  if (shardId === undefined || sequence === undefined) {
    throw usageError('id of a quarantined event', text, 'SHARD:SEQUENCE:SUB as headrace quarantine list shows it');
  }
  return { shard_id: shardId, sequence, sub_sequence: Number(subSequence) };
}

/** Reads quarantined events, of one code if given; codes and ids are checked text, so that they can stand in SQL. */
export async function listQuarantine(sql: LakeSql, code: string | undefined, limit: number): Promise<QuarantineList> {
  const where = code === undefined ? '' : `WHERE code = '${code}'`;
  const counts = await sql.query(`SELECT code, count(*) FROM quarantine ${where} GROUP BY code ORDER BY 2 DESC, 1`);
  const events = await sql.query(`SELECT ${COLUMNS} FROM quarantine ${where}
    ORDER BY arrival_time DESC, shard_id, lpad(sequence, 56, '0') DESC, sub_sequence DESC LIMIT ${limit}`);
  return { codes: counts.rows.map(([name, n]) => ({ code: String(name), events: Number(n) })), events: events.rows.map(quarantinedOf) };
}

/** Reads one quarantined event with its bytes. Throws UsageError when there is none of this id. */
export async function showQuarantined(sql: LakeSql, id: QuarantineId): Promise<Quarantined> {
  const { rows } = await sql.query(`SELECT ${COLUMNS}, to_base64(data) FROM quarantine
    WHERE shard_id = '${id.shard_id}' AND sequence = '${id.sequence}' AND sub_sequence = ${id.sub_sequence}`);
  const [row] = rows;
  if (row === undefined) throw usageError('id of a quarantined event', idOf(id), 'one that headrace quarantine list shows');
  return { ...quarantinedOf(row), data_base64: String(row[8]) };
}

function quarantinedOf(row: readonly unknown[]): Quarantined {
  const [shardId, sequence, subSequence, arrivalMs, partitionKey, code, path, message] = row;
  return {
    shard_id: String(shardId),
    sequence: String(sequence),
    sub_sequence: Number(subSequence),
    arrival_time: new Date(Number(arrivalMs)).toISOString(),
    partition_key: String(partitionKey),
    code: String(code),
    path: String(path),
    message: String(message),
  };
}
