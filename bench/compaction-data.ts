import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { duckType } from '../lake/duck-types.ts';
import { landingFolder } from '../lake/names.ts';
import type { TableSchema } from '../lake/schema.ts';
import { quoteName, quoteText } from '../lake/sql-text.ts';

/** The hour that all payments are brought into. */
export const BUSY_HOUR = { dt: '2026-01-05', hour: '10' } as const;

/** What to make. */
export interface BusyHourOptions {
  readonly lakeDir: string;
  readonly table: TableSchema;
  /** Parquet files of the handbook, a glob. */
  readonly handbook: string;
  readonly rows: number;
  /** Landing files that they come in, in the order of arrival. */
  readonly files: number;
}

/**
 * Lands the first payments of the handbook as if they all fell into one hour: their order, customers, terminals and amounts are as they
 * are, the time between them is shortened evenly. More rows than there are repeat the payments under ids of their own.
 */
export async function landBusyHour({ lakeDir, table, handbook, rows, files }: BusyHourOptions): Promise<void> {
  const spill = join(lakeDir, '.tmp', 'bench');
  mkdirSync(spill, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '2GB',
    temp_directory: spill,
  });
  const db = await instance.connect();
  const stepUs = Math.floor(3_600_000_000 / rows);
  await db.run(`
    CREATE TEMP TABLE handbook AS SELECT row_number() OVER () - 1 AS n, * FROM (
      SELECT customer_id, terminal_id, amount FROM read_parquet(${quoteText(handbook)}) ORDER BY tx_datetime, transaction_id LIMIT ${rows})`);
  const count = Number((await db.runAndReadAll('SELECT count(*) FROM handbook')).getRows()[0]?.[0]);
  await db.run(`
    CREATE TEMP TABLE payments AS
    WITH many AS (SELECT r, h.* FROM range(${rows}) AS t(r) JOIN handbook AS h ON h.n = r % ${count}),
      timed AS (SELECT *, date_trunc('millisecond', TIMESTAMP '${BUSY_HOUR.dt} ${BUSY_HOUR.hour}:00:00' + to_microseconds(r * ${stepUs})) AS event_time FROM many)
    SELECT r, r || '' AS event_id, event_time,
      customer_id::VARCHAR AS customer_id, terminal_id::VARCHAR AS terminal_id, CAST(amount * 100 AS BIGINT) AS amount_minor, 'EUR' AS currency,
      'accepted' AS lane, customer_id::VARCHAR AS partition_key, 'shardId-00000000000' || (hash(customer_id) % 4) AS shard_id,
      '4968050119898952170586364671032936992' || lpad((r * 7919 + 12345)::VARCHAR, 19, '0') AS sequence, 0 AS sub_sequence,
      event_time + to_milliseconds(20 + hash(r) % 400) AS arrival_time
    FROM timed ORDER BY arrival_time`);
  const known = new Set((await db.runAndReadAll('DESCRIBE payments')).getRows().map(([name]) => String(name)));
  const columns = table.columns.map(
    ({ name, type }) => `CAST(${known.has(name) ? quoteName(name) : 'NULL'} AS ${duckType(type)}) AS ${quoteName(name)}`,
  );
  const folder = join(lakeDir, landingFolder(table.name, BUSY_HOUR));
  mkdirSync(folder, { recursive: true });
  const each = Math.ceil(rows / files);
  for (let i = 0; i < files; i += 1) {
    const file = join(folder, `seg-${String(i + 1).padStart(9, '0')}-0.parquet`);
    await db.run(`COPY (SELECT ${columns.join(', ')} FROM payments WHERE rowid >= ${i * each} AND rowid < ${(i + 1) * each})
      TO ${quoteText(file)} (FORMAT parquet, COMPRESSION snappy, WRITE_BLOOM_FILTER false)`);
  }
  db.closeSync();
  instance.closeSync();
}
