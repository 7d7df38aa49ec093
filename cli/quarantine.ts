import { usageError } from '../core/errors.ts';
import type { LakeQueries } from '../local/sql/format.ts';

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

type Queries = Pick<LakeQueries, 'query'>;

/** Which quarantined events are meant: those of one code, those of some ids, or all. */
export type Selection = { readonly code: string } | { readonly ids: readonly QuarantineId[] } | 'all';

const ID = /^([A-Za-z0-9_.-]{1,128}):(\d{1,56}):(\d{1,6})$/;
// Times as text: the two engines have no other form in common.
const COLUMNS = 'shard_id, sequence, sub_sequence, CAST(arrival_time AS VARCHAR) AS arrival, partition_key, code, path, message';
/** Ids in one query at most: engines limit the length of a text. */
const IDS_MAX = 500;

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
export async function listQuarantine(sql: Queries, code: string | undefined, limit: number): Promise<QuarantineList> {
  const where = code === undefined ? '' : `WHERE code = '${code}'`;
  const counts = await sql.query(`SELECT code, count(*) AS events FROM quarantine ${where} GROUP BY code ORDER BY 2 DESC, 1`);
  const events = await sql.query(`SELECT ${COLUMNS} FROM quarantine ${where}
    ORDER BY arrival_time DESC, shard_id, lpad(sequence, 56, '0') DESC, sub_sequence DESC LIMIT ${limit}`);
  return { codes: counts.rows.map(([name, n]) => ({ code: String(name), events: Number(n) })), events: events.rows.map(quarantinedOf) };
}

/** Reads one quarantined event with its bytes. Throws UsageError when there is none of this id. */
export async function showQuarantined(sql: Queries, id: QuarantineId): Promise<Quarantined> {
  const [one] = await readQuarantined(sql, { ids: [id] });
  if (one === undefined) throw new Error(`event ${idOf(id)} was found and is not there`);
  return one;
}

/** Reads quarantined events with their bytes, in stream order of each shard. Throws UsageError for an id that is not there. */
export async function readQuarantined(sql: Queries, selection: Selection): Promise<Quarantined[]> {
  if (selection === 'all') return await readWhere(sql, '');
  if ('code' in selection) return await readWhere(sql, `WHERE code = '${selection.code}'`);
  const found: Quarantined[] = [];
  for (let at = 0; at < selection.ids.length; at += IDS_MAX) {
    const places = selection.ids.slice(at, at + IDS_MAX).map(placeSql);
    found.push(...(await readWhere(sql, `WHERE ${places.join(' OR ')}`)));
  }
  const ids = new Set(found.map(idOf));
  const missing = selection.ids.map(idOf).find((id) => !ids.has(id));
  if (missing !== undefined) throw usageError('id of a quarantined event', missing, 'one that headrace quarantine list shows');
  return found;
}

async function readWhere(sql: Queries, where: string): Promise<Quarantined[]> {
  const { rows } = await sql.query(`SELECT ${COLUMNS}, to_base64(data) AS data FROM quarantine ${where}
    ORDER BY shard_id, lpad(sequence, 56, '0'), sub_sequence`);
  return rows.map((row) => ({ ...quarantinedOf(row), data_base64: String(row[8]) }));
}

function placeSql({ shard_id, sequence, sub_sequence }: QuarantineId): string {
  return `(shard_id = '${shard_id}' AND sequence = '${sequence}' AND sub_sequence = ${sub_sequence})`;
}

function quarantinedOf(row: readonly unknown[]): Quarantined {
  const [shardId, sequence, subSequence, arrival, partitionKey, code, path, message] = row;
  return {
    shard_id: String(shardId),
    sequence: String(sequence),
    sub_sequence: Number(subSequence),
    arrival_time: new Date(`${String(arrival).replace(' ', 'T')}Z`).toISOString(),
    partition_key: String(partitionKey),
    code: String(code),
    path: String(path),
    message: String(message),
  };
}
