import parquet from 'parquetjs-lite';
import type { Row } from '../core/ports.ts';
import type { Column, ColumnType, TableSchema } from './schema.ts';

/** parquetjs-lite has no decimals, lists or readable blobs for us; 64-bit integers pass through JS numbers and must be safe. */
const PLAIN_TYPES = {
  string: 'UTF8',
  bigint: 'INT64',
  integer: 'INT32',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP_MILLIS',
} as const;

/**
 * Writes a Parquet file row by row, for low-volume tables of plain columns. The file is whole only on return.
 * Throws on a column type other than string, bigint, integer, double, boolean or timestamp, and on an unsafe integer.
 */
export async function writeParquetRows(path: string, table: TableSchema, rows: Iterable<Row>): Promise<void> {
  const fields = Object.fromEntries(
    table.columns.map((column) => [column.name, { type: plainType(table, column), optional: column.nullable }]),
  );
  // Version 1 data pages: every reader takes them.
  const writer = await parquet.ParquetWriter.openFile(new parquet.ParquetSchema(fields), path, { useDataPageV2: false });
  for (const row of rows) await writer.appendRow(plainRow(table, row));
  await writer.close();
}

function isPlain(type: ColumnType): type is keyof typeof PLAIN_TYPES {
  return typeof type === 'string' && Object.hasOwn(PLAIN_TYPES, type);
}

function plainType(table: TableSchema, { name, type }: Column): (typeof PLAIN_TYPES)[keyof typeof PLAIN_TYPES] {
  if (!isPlain(type)) throw new Error(`column ${table.name}.${name} is ${JSON.stringify(type)}, which the row writer cannot write`);
  return PLAIN_TYPES[type];
}

function plainRow(table: TableSchema, row: Row): Record<string, string | number | boolean> {
  const plain: Record<string, string | number | boolean> = {};
  for (const { name, type } of table.columns) {
    const value = row[name];
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') throw new Error(`column ${table.name}.${name} got a list`);
    if (type === 'bigint' && !Number.isSafeInteger(value))
      throw new Error(`column ${table.name}.${name} got the unsafe integer ${String(value)}`);
    plain[name] = value;
  }
  return plain;
}
