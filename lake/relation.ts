import { duckType } from './duck-types.ts';
import { preferenceOf } from './preference.ts';
import { identityOf, type TableSchema } from './schema.ts';
import { quoteName, quoteText } from './sql-text.ts';

/** Relation of the rows of Parquet files with the columns of their table: those that older files lack are null. */
export function relationSql({ columns }: TableSchema, inputs: readonly { readonly path: string }[]): string {
  const none = columns.map(({ name, type }) => `CAST(NULL AS ${duckType(type)}) AS ${quoteName(name)}`);
  const files = inputs.map(({ path }) => quoteText(path));
  const read = `SELECT * FROM read_parquet([${files.join(', ')}], union_by_name = true, hive_partitioning = false)`;
  const shown = columns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${duckType(type)}) AS ${quoteName(name)}`);
  const empty = `SELECT ${none.join(', ')} WHERE false`;
  return inputs.length === 0 ? `(${empty})` : `(SELECT ${shown.join(', ')} FROM (${empty} UNION ALL BY NAME ${read}))`;
}

/** A relation with one row for each id: the one that counts. */
export function withoutRepeats(table: TableSchema, source: string): string {
  const preference = preferenceOf(table);
  const order = preference.length === 0 ? '' : ` ORDER BY ${preference.join(', ')}`;
  const window = `PARTITION BY ${identityOf(table).map(quoteName).join(', ')}${order}`;
  return `(SELECT * EXCLUDE ("@rank") FROM (SELECT *, row_number() OVER (${window}) AS "@rank" FROM ${source}) WHERE "@rank" = 1)`;
}
