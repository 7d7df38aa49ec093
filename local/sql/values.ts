import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';

/**
 * One value of a query result, exact: integers past 2^53, decimals and all times are text (timestamps `YYYY-MM-DD HH:MM:SS.mmm`, with
 * microseconds only where there are any, and `+00` behind those with a zone, whatever the zone of the machine), bytes are base64, lists are arrays, structs and maps are objects.
 */
export type SqlValue = string | number | boolean | null | readonly SqlValue[] | { readonly [name: string]: SqlValue };

const MICROS_PER_MS = 1000n;
/** Instants that a JS date can show, ms. */
const DATE_MS_MAX = 8_640_000_000_000_000n;
/** Days that stand for an infinite date. */
const DATE_INFINITY_DAYS = 2_147_483_647;

/** Exact JS value of a DuckDB value. */
export function sqlValue(value: DuckDBValue): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return integerValue(value);
  if (value instanceof DuckDBTimestampValue) return timestampText(value.micros);
  if (value instanceof DuckDBTimestampTZValue) return value.isFinite ? `${timestampText(value.micros)}+00` : value.toString();
  if (value instanceof DuckDBTimestampMillisecondsValue) return timestampText(value.millis * MICROS_PER_MS);
  if (value instanceof DuckDBTimestampSecondsValue) return timestampText(value.seconds * MICROS_PER_MS * 1000n);
  if (value instanceof DuckDBDateValue && Math.abs(value.days) === DATE_INFINITY_DAYS) return value.days > 0 ? 'infinity' : '-infinity';
  if (value instanceof DuckDBDecimalValue) return value.toString();
  if (value instanceof DuckDBBlobValue)
    return Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.byteLength).toString('base64');
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(sqlValue);
  if (value instanceof DuckDBStructValue) return objectOf(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) return objectOf(value.entries.map(({ key, value: held }) => [textOf(sqlValue(key)), held]));
  return value.toString();
}

/** Text of a result value in a cell: lists and objects as JSON, null as ''. */
export function textOf(value: SqlValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? jsonOf(value) : String(value);
}

/** JSON of a result value; `NaN`, `Infinity` and `-Infinity`, for which JSON has no number, are text. */
export function jsonOf(value: SqlValue): string {
  return JSON.stringify(value, (_name, held: unknown) => (typeof held === 'number' && !Number.isFinite(held) ? String(held) : held));
}

function objectOf(entries: readonly (readonly [string, DuckDBValue])[]): SqlValue {
  return Object.fromEntries(entries.map(([name, value]) => [name, sqlValue(value)]));
}

function integerValue(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function timestampText(micros: bigint): string {
  const rest = ((micros % MICROS_PER_MS) + MICROS_PER_MS) % MICROS_PER_MS;
  const ms = (micros - rest) / MICROS_PER_MS;
  if (ms > DATE_MS_MAX || ms < -DATE_MS_MAX) return new DuckDBTimestampValue(micros).toString();
  const text = new Date(Number(ms)).toISOString().replace('T', ' ').slice(0, -1);
  return rest === 0n ? text : `${text}${String(rest).padStart(3, '0')}`;
}
