import type { Pipeline } from '../../../core/definition/pipeline.ts';
import { lakeRows, plainRows, type Rows } from '../compare.ts';
import { oracleQueries } from '../oracle.ts';

/** Group columns and window of each aggregate: what tells its rows apart. */
const KEYS: Readonly<Record<string, string>> = {
  payments_1m: 'currency, country, channel, window_start, window_end',
  payments_1h: 'currency, country, channel, window_start, window_end',
  terminal_1h: 'terminal_id, currency, window_start, window_end',
  customer_session: 'customer_id, currency, window_start, window_end, duration_ms',
};

/** Measures that are exact. */
const MEASURES = 'count, sum_minor, min_minor, max_minor, mean_minor, distinct_customers';

/** Windows of the last hours of event time may still be open. */
const OPEN_HOURS = 2;

/**
 * Window rows of a lake that differ from those that SQL makes of the truth, a CSV file of payments: rows that the truth does not have,
 * and rows missing though their window ended long before the newest event.
 */
export async function compareWindows(lakeDir: string, pipeline: Pipeline, truthCsv: string): Promise<number> {
  const tables = Object.keys(KEYS);
  const columns = (table: string): string => `${KEYS[table]}, ${MEASURES}`;
  const oracle = oracleQueries('payments');
  const ours = await lakeRows(
    lakeDir,
    pipeline,
    Object.fromEntries(tables.map((table) => [table, `SELECT ${columns(table)} FROM ${table}`])),
  );
  const setup = [
    `CREATE TABLE payments AS SELECT *, 'EUR' AS currency, NULL::VARCHAR AS country, NULL::VARCHAR AS channel
     FROM read_csv('${truthCsv}', types = {'event_time': 'TIMESTAMP', 'amount_minor': 'BIGINT'})`,
  ];
  const all = (table: string): string => `SELECT ${columns(table)} FROM (${oracle[table]})`;
  const closed = (table: string): string =>
    `${all(table)} WHERE window_end <= (SELECT max(event_time) FROM payments) - INTERVAL ${OPEN_HOURS} HOUR`;
  const theirs = await plainRows(
    setup,
    Object.fromEntries(tables.flatMap((table) => [[table, all(table)] as const, [`${table} closed`, closed(table)] as const])),
  );
  return tables.reduce(
    (wrong, table) => wrong + countMissing(ours[table], theirs[table]) + countMissing(theirs[`${table} closed`], ours[table]),
    0,
  );
}

/** Rows of `rows` that are not in `others`, or more than once in `rows`. */
function countMissing(rows: Rows = [], others: Rows = []): number {
  const known = new Set(others.map((row) => row.join('|')));
  const own = new Set(rows.map((row) => row.join('|')));
  return rows.length - own.size + [...own].filter((row) => !known.has(row)).length;
}
