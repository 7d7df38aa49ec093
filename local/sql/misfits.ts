import { relative } from 'node:path';
import { columnsOf, schemaMismatch } from '../../lake/file-schema.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteText } from '../../lake/sql-text.ts';

/** Where the files lie, and the engine that looks at them. */
export interface MisfitOptions {
  readonly lakeDir: string;
  readonly run: (sql: string) => Promise<unknown[][]>;
}

/**
 * What makes files differ for a reader; files of one build of the pipeline have it in common. A digest, since grouping lists of structs of
 * thousands of files takes hundreds of megabytes.
 */
const SHAPE = `md5(string_agg(CAST(struct_pack(name, type, repetition_type, num_children, converted_type, logical_type, scale, precision) AS VARCHAR),
  chr(10) ORDER BY column_id))`;

/**
 * Files of another schema than the table's, and what is wrong with each: the engine would turn their values into others, or refuse the
 * whole table. One look at all footers; columns are compared once for each shape.
 */
export async function misfitsOf(
  table: TableSchema,
  files: readonly string[],
  { lakeDir, run }: MisfitOptions,
): Promise<ReadonlyMap<string, string>> {
  const misfits = new Map<string, string>();
  if (files.length === 0) return misfits;
  const shapes = await run(
    `SELECT string_agg(file_name, chr(10)) FROM (
       SELECT file_name, ${SHAPE} AS shape FROM parquet_schema([${files.map(quoteText).join(', ')}]) GROUP BY file_name)
     GROUP BY shape`,
  );
  for (const [names] of shapes) {
    const alike = String(names).split('\n');
    const columns = await columnsOf(run, alike[0] ?? '');
    for (const path of alike) {
      const error = schemaMismatch(table, relative(lakeDir, path), columns);
      if (error === undefined) break;
      misfits.set(path, `${error.message} Its rows are not in the answer.`);
    }
  }
  return misfits;
}
