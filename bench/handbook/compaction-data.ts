import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { duckType } from '../../lake/duck-types.ts';
import { landingFolder, landingKey, partitionOf, segmentFileName } from '../../lake/names.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteName, quoteText } from '../../lake/sql-text.ts';

/** The hour that all payments are brought into. */
export const BUSY_HOUR = { dt: '2026-01-05', hour: '10' } as const;

/** What to make. */
export interface LandOptions {
  readonly lakeDir: string;
  readonly table: TableSchema;
  /** Parquet files of the handbook, a glob. */
  readonly handbook: string;
  /** Landing files of an hour, in the order of arrival. */
  readonly files: number;
}

const HOUR_MS = 3_600_000;

/**
 * Lands the first payments of the handbook as if they all fell into one hour: their order, customers, terminals and amounts are as they
 * are, the time between them is shortened evenly. More rows than there are repeat the payments under ids of their own.
 */
export async function landBusyHour({ rows, ...options }: LandOptions & { readonly rows: number }): Promise<void> {
  const { lakeDir, table, handbook, files } = options;
  await inEngine(options, async (db) => {
    const stepUs = Math.floor(3_600_000_000 / rows);
    await db.run(`CREATE TEMP TABLE handbook AS SELECT row_number() OVER () - 1 AS n, * FROM (
      SELECT customer_id, terminal_id, amount FROM read_parquet(${quoteText(handbook)}) ORDER BY tx_datetime, transaction_id LIMIT ${rows})`);
    const count = Number((await db.runAndReadAll('SELECT count(*) FROM handbook')).getRows()[0]?.[0]);
    await makePayments(
      db,
      `SELECT r, h.*, date_trunc('millisecond', TIMESTAMP '${BUSY_HOUR.dt} ${BUSY_HOUR.hour}:00:00' + to_microseconds(r * ${stepUs})) AS event_time
       FROM range(${rows}) AS t(r) JOIN handbook AS h ON h.n = r % ${count}`,
    );
    const each = Math.ceil(rows / files);
    for (let i = 0; i < files; i += 1) {
      const key = join(landingFolder(table.name, BUSY_HOUR), `${segmentFileName(i + 1, 0)}.parquet`);
      await landRows(db, table, { path: join(lakeDir, key), where: `rowid >= ${i * each} AND rowid < ${(i + 1) * each}` });
    }
  });
}

/** Lands the first days of the handbook as they are: hours of some 400 payments, each in files of equal stretches of time. */
export async function landQuietHours({ days, ...options }: LandOptions & { readonly days: number }): Promise<void> {
  const { lakeDir, table, handbook, files } = options;
  await inEngine(options, async (db) => {
    const [[startMs = 0] = []] = (
      await db.runAndReadAll(`SELECT epoch_ms(date_trunc('day', min(tx_datetime)))::DOUBLE FROM read_parquet(${quoteText(handbook)})`)
    ).getRows() as [[number]?];
    await makePayments(
      db,
      `SELECT transaction_id AS r, customer_id, terminal_id, amount, tx_datetime::TIMESTAMP AS event_time
       FROM read_parquet(${quoteText(handbook)}) WHERE tx_datetime < make_timestamp_ms(${startMs + days * 24 * HOUR_MS})`,
    );
    for (let i = 0; i < days * 24 * files; i += 1) {
      const [fromMs, toMs] = [i, i + 1].map((at) => startMs + Math.floor((at * HOUR_MS) / files)) as [number, number];
      const where = `event_time >= make_timestamp_ms(${fromMs}) AND event_time < make_timestamp_ms(${toMs})`;
      const count = Number((await db.runAndReadAll(`SELECT count(*) FROM payments WHERE ${where}`)).getRows()[0]?.[0]);
      const key = landingKey({ table: table.name, ...partitionOf(fromMs), name: segmentFileName(i + 1, 0) });
      if (count > 0) await landRows(db, table, { path: join(lakeDir, key), where });
    }
  });
}

async function inEngine({ lakeDir }: LandOptions, use: (db: DuckDBConnection) => Promise<void>): Promise<void> {
  const spill = join(lakeDir, '.tmp', 'bench');
  mkdirSync(spill, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '2GB', temp_directory: spill });
  const db = await instance.connect();
  await use(db);
  db.closeSync();
  instance.closeSync();
}

/** Makes the table `payments`, in the order of arrival, of rows with a number `r`, an event time and what the handbook says. */
async function makePayments(db: DuckDBConnection, timed: string): Promise<void> {
  await db.run(`
    CREATE TEMP TABLE payments AS
    SELECT r, r || '' AS event_id, event_time,
      customer_id::VARCHAR AS customer_id, terminal_id::VARCHAR AS terminal_id, CAST(amount * 100 AS BIGINT) AS amount_minor, 'EUR' AS currency,
      'accepted' AS lane, customer_id::VARCHAR AS partition_key, 'shardId-00000000000' || (hash(customer_id) % 4) AS shard_id,
      '4968050119898952170586364671032936992' || lpad((r * 7919 + 12345)::VARCHAR, 19, '0') AS sequence, 0 AS sub_sequence,
      event_time + to_milliseconds(20 + hash(r) % 400) AS arrival_time
    FROM (${timed}) ORDER BY arrival_time`);
}

/** Writes some of the payments as a landing file. */
async function landRows(
  db: DuckDBConnection,
  table: TableSchema,
  { path, where }: { readonly path: string; readonly where: string },
): Promise<void> {
  const known = new Set((await db.runAndReadAll('DESCRIBE payments')).getRows().map(([name]) => String(name)));
  const columns = table.columns.map(
    ({ name, type }) => `CAST(${known.has(name) ? quoteName(name) : 'NULL'} AS ${duckType(type)}) AS ${quoteName(name)}`,
  );
  mkdirSync(dirname(path), { recursive: true });
  await db.run(`COPY (SELECT ${columns.join(', ')} FROM payments WHERE ${where})
    TO ${quoteText(path)} (FORMAT parquet, COMPRESSION snappy, WRITE_BLOOM_FILTER false)`);
}
