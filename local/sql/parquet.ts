import { DuckDBArrayType, DuckDBListType, DuckDBMapType, DuckDBStructType, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { quoteName } from '../../lake/sql-text.ts';

/** Digits of the widest decimal of a Parquet file that all readers know. */
const DECIMAL_DIGITS = 38;

/**
 * The SQL type that a column has in a Parquet file: its own, but for those that the engine would store inexactly or in a form that other
 * readers refuse. HUGEINT, which sums of integers have and which the engine stores as a double, is DECIMAL(38, 0); UHUGEINT, INTERVAL,
 * TIMETZ, TIME_NS, BIT and BIGNUM are text. TIMESTAMP_S becomes TIMESTAMP, and an array, of
 * which a null makes a file that pyarrow refuses, a list.
 */
export function parquetType(duck: DuckDBType): string {
  if (duck instanceof DuckDBListType || duck instanceof DuckDBArrayType) return `${parquetType(duck.valueType)}[]`;
  if (duck instanceof DuckDBMapType) return `MAP(${parquetType(duck.keyType)}, ${parquetType(duck.valueType)})`;
  if (duck instanceof DuckDBStructType)
    return `STRUCT(${duck.entryTypes.map((type, i) => `${quoteName(duck.entryNames[i] ?? '')} ${parquetType(type)}`).join(', ')})`;
  switch (duck.typeId) {
    case DuckDBTypeId.HUGEINT:
      return `DECIMAL(${DECIMAL_DIGITS},0)`;
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.INTERVAL:
    case DuckDBTypeId.TIME_TZ:
    case DuckDBTypeId.TIME_NS:
    case DuckDBTypeId.BIT:
    case DuckDBTypeId.BIGNUM:
      return 'VARCHAR';
    case DuckDBTypeId.TIMESTAMP_S:
      return 'TIMESTAMP';
    default:
      return duck.toString();
  }
}

/** A query in the types of a Parquet file; the text as it is where those are its own. It may end in a comment, without a new line. */
export function parquetQuery(text: string, columns: readonly { readonly name: string; readonly duck: DuckDBType }[]): string {
  const isExact = (duck: DuckDBType): boolean => parquetType(duck) === duck.toString();
  if (columns.every(({ duck }) => isExact(duck))) return text;
  const shown = columns.map(({ name, duck }, i) => {
    const cell = isExact(duck) ? `c${i}` : `CAST(c${i} AS ${parquetType(duck)})`;
    return `${cell} AS ${quoteName(name)}`;
  });
  return `SELECT ${shown.join(', ')} FROM (${text}\n) AS result(${columns.map((_, i) => `c${i}`).join(', ')})`;
}
