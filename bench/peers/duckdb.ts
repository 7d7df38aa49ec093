import { DuckDBInstance } from '@duckdb/node-api';
import { quoteText } from '../../lake/sql-text.ts';

/** DuckDB on one thread, from its start to its end. */
export async function withDuckDb<T>(use: (rows: (sql: string) => Promise<readonly (readonly unknown[])[]>) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const db = await instance.connect();
  try {
    return await use(async (sql) => (await db.runAndReadAll(sql)).getRowsJson() as readonly (readonly unknown[])[]);
  } finally {
    db.closeSync();
    instance.closeSync();
  }
}

const COLUMNS = {
  ...{ event_id: 'VARCHAR', event_time: 'TIMESTAMP_MS', card_id: 'VARCHAR', merchant_id: 'VARCHAR', terminal_id: 'VARCHAR' },
  ...{ amount: 'DECIMAL(12, 2)', currency: 'VARCHAR', country: 'VARCHAR', mcc: 'VARCHAR', lat: 'DECIMAL(9, 4)', lon: 'DECIMAL(9, 4)' },
  ...{ channel: 'VARCHAR', device_id: 'VARCHAR', ip: 'VARCHAR' },
};

/** Writes the payments of an NDJSON file as Parquet by one statement. */
export async function copyParquet(from: string, to: string): Promise<void> {
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name}: ${quoteText(type)}`);
  const source = `read_json(${quoteText(from)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`;
  await withDuckDb((rows) => rows(`COPY (SELECT * FROM ${source}) TO ${quoteText(to)} (FORMAT parquet, COMPRESSION snappy)`));
}
