import type { FieldSpec } from '../../core/definition/fields.ts';

/** A column of a DuckDB relation, its type as DESCRIBE prints it. */
export interface SourceColumn {
  readonly name: string;
  readonly type: string;
}

const INTEGER_TYPES = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'HUGEINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
  'UHUGEINT',
  'BIGNUM',
]);
const TIMESTAMP_TYPES = new Set(['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE']);

/** JSON's own number form; text that has it may stand bare. */
const NUMBER_PATTERN = '-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?';

/** Quotes a name for SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes text for SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** SQL for a point in time as TIMESTAMP in UTC, NULL where the column holds none. */
export function timestampSql({ name, type }: SourceColumn): string {
  const column = quoteName(name);
  if (type === 'TIMESTAMP') return column;
  // Reading the instant itself needs no time zone data.
  if (type === 'TIMESTAMP WITH TIME ZONE') return `make_timestamp(epoch_us(${column}))`;
  return `TRY_CAST(${column} AS TIMESTAMP)`;
}

function textSql(column: string, kind: FieldSpec['kind'] | undefined): string {
  const quoted = `to_json(${column})`;
  if (kind === 'boolean') return `CASE WHEN lower(${column}) IN ('true', 'false') THEN lower(${column}) ELSE ${quoted} END`;
  if (kind === 'integer' || kind === 'fixed')
    return `CASE WHEN regexp_full_match(${column}, '${NUMBER_PATTERN}') THEN ${column} ELSE ${quoted} END`;
  return quoted;
}

/**
 * SQL for a column's value as JSON text, NULL where the value is NULL. DECIMAL is exact text in a string, time is RFC 3339
 * in UTC, integers and doubles are bare numbers (doubles in their shortest form; NaN and infinity as strings, which no
 * number field takes). A `string` field gets a string whatever the column is; text columns become bare where the field says so.
 */
export function valueSql(source: SourceColumn, kind: FieldSpec['kind'] | undefined): string {
  const column = quoteName(source.name);
  const { type } = source;
  const quotedText = `'"' || ${column}::VARCHAR || '"'`;
  if (TIMESTAMP_TYPES.has(type) || (type === 'DATE' && kind === 'time'))
    return `'"' || replace((${timestampSql(source)})::VARCHAR, ' ', 'T') || 'Z"'`;
  if (type === 'VARCHAR') return textSql(column, kind);
  if (INTEGER_TYPES.has(type) || type === 'BOOLEAN') return kind === 'string' ? quotedText : `${column}::VARCHAR`;
  if (type.startsWith('DECIMAL')) return kind === 'integer' || kind === 'fixed' ? `${column}::VARCHAR` : quotedText;
  if (type === 'DOUBLE' || type === 'FLOAT') {
    return kind === 'string' ? quotedText : `CASE WHEN isfinite(${column}) THEN ${column}::VARCHAR ELSE ${quotedText} END`;
  }
  if (/^(STRUCT|MAP|UNION)|\[\d*\]$|^JSON$/.test(type)) return `to_json(${column})`;
  return `to_json(${column}::VARCHAR)`;
}
