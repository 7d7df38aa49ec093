import type { Row, RowValue } from '../../core/ports.ts';
import type { ColumnType, TableSchema } from '../../lake/schema.ts';

/** The row in a line on its way through Firehose, read as the conversion there reads it. */
export function deliveredRow(table: TableSchema, line: string): Row {
  // Digits past 2^53 must not pass through a double.
  const exact = line.replace(/:(-?\d{16,})(?=[,}])/g, ':"$1"');
  const found = JSON.parse(exact) as Record<string, RowValue>;
  return Object.fromEntries(table.columns.map(({ name, type }) => [name, rowValue(type, found[name] ?? null)]));
}

function rowValue(type: ColumnType, value: RowValue): RowValue {
  if (type === 'timestamp' && typeof value === 'string') return Date.parse(`${value.replace(' ', 'T')}Z`);
  if ((type === 'bigint' || type === 'integer') && value !== null) return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return value;
}
