import type { Row, RowValue } from '../core/ports.ts';
import { landingPrefix } from './names.ts';
import type { Column, ColumnType, TableSchema } from './schema.ts';

/**
 * Rows on their way through Firehose: one JSON object a line, keys as the columns, nulls left out. What reads them there:
 *
 * - The Hive JSON SerDe with its default settings. The OpenX one reads no decimals.
 * - Timestamps are `YYYY-MM-DD HH:MM:SS.mmm` text in UTC: the only form that both of Firehose's deserializers take without options,
 *   and one that jq can cut the partition from without arithmetic.
 * - Integers are bare digits of any length, decimals are text (a JSON number would pass through a double somewhere).
 * - Neither deserializer reads base64 into bytes, so blobs land as base64 *text*: see `landedTable`.
 */
export const DELIVERY_DESERIALIZER = 'HiveJsonSerDe';

/** Folder of the lake in its bucket; object names of `names.ts` are relative to it. */
export const LAKE_FOLDER = 'lake/';

/** Name of the delivery stream of a table. */
export function deliveryStreamName(prefix: string, table: string): string {
  return `${prefix}-${table.replaceAll('_', '-')}`;
}

/** jq expression that takes the partition keys `dt` and `hour` from a row: `MetadataExtractionQuery` of a delivery stream. */
export function partitionQuery({ partitionColumn }: TableSchema): string {
  return `{dt:.${partitionColumn}[0:10],hour:.${partitionColumn}[11:13]}`;
}

/** S3 prefix of a delivery stream: the landing folder of the row's own hour. */
export function deliveryObjectPrefix(table: string): string {
  return `${LAKE_FOLDER}${landingPrefix(table)}dt=!{partitionKeyFromQuery:dt}/hour=!{partitionKeyFromQuery:hour}/`;
}

/** A table as its rows land through Firehose: blob columns hold base64 text. Glue columns must say so, and views `from_base64` them. */
export function landedTable(table: TableSchema): TableSchema {
  return { ...table, columns: table.columns.map((column) => (column.type === 'blob' ? { ...column, type: 'string' } : column)) };
}

/** Makes the encoder of a table's rows: JSON text on one line, without the line's end. Throws on a value that the column cannot hold. */
export function deliveryEncoder(table: TableSchema): (row: Row) => string {
  const columns = table.columns.map((column) => ({ column, label: `${JSON.stringify(column.name)}:`, encode: encoderOf(column.type) }));
  return (row) => {
    let text = '{';
    for (const { column, label, encode } of columns) {
      const value = row[column.name];
      if (value === null || value === undefined) continue;
      const encoded = encode(value);
      if (encoded === undefined) throw unfit(table, column, value);
      if (text.length > 1) text += ',';
      text += label + encoded;
    }
    return `${text}}`;
  };
}

type Encode = (value: Exclude<RowValue, null>) => string | undefined;

const INTEGER = /^-?\d+$/;
const DECIMAL = /^-?\d+(?:\.\d+)?$/;
/** Instants of the years 0 to 9999: others have no date of four digits. */
const TIME_MS_MIN = Date.parse('0000-01-01T00:00:00Z');
const TIME_MS_MAX = Date.parse('9999-12-31T23:59:59.999Z');

function encoderOf(type: ColumnType): Encode {
  if (typeof type === 'object') return (value) => (DECIMAL.test(String(value)) ? `"${String(value)}"` : undefined);
  switch (type) {
    case 'string':
    case 'blob':
      return (value) => (typeof value === 'object' ? undefined : JSON.stringify(String(value).toWellFormed()));
    case 'bigint':
    case 'integer':
      return (value) => (INTEGER.test(String(value)) ? String(value) : undefined);
    case 'double':
      // JSON has no infinities; local delivery lands them as null too.
      return (value) => (typeof value === 'number' ? (Number.isFinite(value) ? String(value) : 'null') : undefined);
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : undefined);
    case 'timestamp':
      return timestampText;
    case 'list<string>':
      return (value) => (Array.isArray(value) ? JSON.stringify(value.map((one) => String(one).toWellFormed())) : undefined);
  }
}

function timestampText(value: RowValue): string | undefined {
  if (typeof value !== 'number' || !(value >= TIME_MS_MIN && value <= TIME_MS_MAX)) return undefined;
  return `"${new Date(value).toISOString().replace('T', ' ').slice(0, -1)}"`;
}

function unfit(table: TableSchema, column: Column, value: RowValue): Error {
  const type = typeof column.type === 'string' ? column.type : 'decimal';
  return new Error(`column ${table.name}.${column.name} got ${JSON.stringify(value)?.slice(0, 100)}; allowed: a value of type ${type}`);
}
