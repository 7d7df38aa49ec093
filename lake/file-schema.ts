import { duckType } from './duck-types.ts';
import { LakeError } from './errors.ts';
import type { TableSchema } from './schema.ts';
import { quoteText } from './sql-text.ts';

/** Columns of a file by name, each with its type as the engine names it. */
export type FileColumns = ReadonlyMap<string, string>;

/** Types that files may have a column in: the declared one, and those that it holds without loss. */
function mayBe(type: string): readonly string[] {
  if (type === 'TIMESTAMP') return [type, 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP_S', 'TIMESTAMP WITH TIME ZONE'];
  if (type === 'BIGINT') return [type, 'INTEGER'];
  return [type];
}

/**
 * The error for a file whose rows cannot be those of the table; undefined if they can. Columns that the table does not know, and columns
 * without which rows may be, make no difference.
 */
export function schemaMismatch(table: TableSchema, key: string, columns: FileColumns): LakeError | undefined {
  const missing = table.columns.find(({ name, nullable }) => !nullable && !columns.has(name));
  if (missing !== undefined) return mismatch(key, `has no column ${missing.name}, which every row of ${table.name} fills`);
  for (const { name, type } of table.columns) {
    const found = columns.get(name);
    if (found !== undefined && !mayBe(duckType(type)).includes(found))
      return mismatch(key, `has column ${name} as ${found}; table ${table.name} has it as ${duckType(type)}`);
  }
  return undefined;
}

/** The error for a file that does not fit its table, and how to go on. */
export function mismatch(key: string, what: string): LakeError {
  return new LakeError(
    'SCHEMA_MISMATCH',
    `${key} ${what}. Set it aside with headrace compact --set-aside ${key}; a backfill brings its rows again.`,
  );
}

/** Columns of a Parquet file as the engine reads them. */
export async function columnsOf(run: (sql: string) => Promise<unknown[][]>, path: string): Promise<FileColumns> {
  const described = await run(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${quoteText(path)}, hive_partitioning = false))`,
  );
  return new Map(described as [string, string][]);
}
