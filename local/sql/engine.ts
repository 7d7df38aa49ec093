import type { SqlAnswer, SqlCell, SqlEngine } from '../../core/ports.ts';
import type { LakeSql } from './lake-sql.ts';
import { type SqlValue, sqlValue } from './values.ts';

/** SQL on a lake folder as a port; lists and maps are JSON text. What was read is not counted. */
export class LocalSqlEngine implements SqlEngine {
  private readonly sql: LakeSql;

  /** The caller closes `sql`. */
  constructor(sql: LakeSql) {
    this.sql = sql;
  }

  /** Looks at the signal between parts of the result, about every two thousand rows. */
  async run(text: string, signal?: AbortSignal): Promise<SqlAnswer> {
    signal?.throwIfAborted();
    const { columns, parts } = await this.sql.stream(text);
    const rows: SqlCell[][] = [];
    for await (const part of parts) {
      signal?.throwIfAborted();
      for (const row of part) rows.push(row.map((value) => cellOf(sqlValue(value))));
    }
    return { columns: columns.map(({ name, type }) => ({ name, type: type.toLowerCase() })), rows, scannedBytes: null };
  }
}

function cellOf(value: SqlValue): SqlCell {
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : value;
}
