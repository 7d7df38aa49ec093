import type { Column, ColumnType } from './schema.ts';
import { quoteName } from './sql-text.ts';

/** DuckDB type of a lake column. */
export function duckType(type: ColumnType): string {
  if (typeof type === 'object') return `DECIMAL(${type.decimal.precision},${type.decimal.scale})`;
  switch (type) {
    case 'string':
      return 'VARCHAR';
    case 'list<string>':
      return 'VARCHAR[]';
    case 'bigint':
      return 'BIGINT';
    case 'integer':
      return 'INTEGER';
    case 'double':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'timestamp':
      return 'TIMESTAMP';
    case 'blob':
      return 'BLOB';
  }
}

/** DuckDB type that a column has as JSON text: timestamps are epoch ms, blobs base64. */
export function jsonType(type: ColumnType): string {
  if (type === 'timestamp') return 'BIGINT';
  if (type === 'blob') return 'VARCHAR';
  return duckType(type);
}

/** Expression that turns a column read as its JSON type into its DuckDB type. */
export function fromJson({ name, type }: Column): string {
  const column = quoteName(name);
  if (type === 'timestamp') return `make_timestamp_ms(${column}) AS ${column}`;
  if (type === 'blob') return `from_base64(${column}) AS ${column}`;
  return column;
}
