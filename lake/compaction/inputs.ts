import { LakeError } from '../errors.ts';
import { columnsOf, mismatch, schemaMismatch } from '../file-schema.ts';
import { relationSql } from '../relation.ts';
import type { TableSchema } from '../schema.ts';
import { quoteName } from '../sql-text.ts';
import { type FileFooter, readFooter } from './witness.ts';

/** One file to read rows from. */
export interface InputFile {
  readonly path: string;
  /** Its key in the lake, for messages. */
  readonly key: string;
}

/** Runs one statement of the engine and gives its rows. */
export type Run = (sql: string) => Promise<unknown[][]>;

/** Footers read at once: each takes an open file and a buffer. */
const FOOTERS_AT_ONCE = 16;

/** Rows of the inputs and bytes of their values, as their footers say; each file is checked against the table by its own name. */
export async function checkInputs(
  run: Run,
  table: TableSchema,
  inputs: readonly InputFile[],
): Promise<Pick<FileFooter, 'rows' | 'plainBytes'>> {
  const sum = { rows: 0, plainBytes: 0 };
  for (let at = 0; at < inputs.length; at += FOOTERS_AT_ONCE) {
    const some = inputs.slice(at, at + FOOTERS_AT_ONCE);
    const footers = await Promise.all(some.map(({ path, key }) => readFooter(path, key)));
    for (const [i, input] of some.entries()) await checkSchema(run, table, input, footers[i]);
    for (const { rows, plainBytes } of footers) {
      sum.rows += rows;
      sum.plainBytes += plainBytes;
    }
  }
  return sum;
}

/** Throws LakeError SCHEMA_MISMATCH, naming the file, if a row has no value by which it belongs to an hour: no piece would hold it. */
export async function refuseTimeless(
  run: Run,
  table: TableSchema,
  { relation, inputs }: { readonly relation: string; readonly inputs: readonly InputFile[] },
): Promise<void> {
  const without = async (from: string): Promise<number> => {
    const [[count] = []] = await run(`SELECT count(*)::DOUBLE FROM ${from} WHERE ${quoteName(table.partitionColumn)} IS NULL`);
    return Number(count);
  };
  if ((await without(relation)) === 0) return;
  for (const input of inputs) {
    const rows = await without(relationSql(table, [input]));
    if (rows > 0)
      throw mismatch(input.key, `has no ${table.partitionColumn} in ${rows} of its rows, which every row of ${table.name} fills`);
  }
}

async function checkSchema(run: Run, table: TableSchema, { path, key }: InputFile, footer: FileFooter | undefined): Promise<void> {
  // A file of another table has other columns, too, but no later build to go to.
  const misfit = schemaMismatch(table, key, await columnsOf(run, path));
  if (misfit !== undefined) throw misfit;
  const known = new Set(table.columns.map(({ name }) => name));
  const unknown = footer?.columns.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new LakeError(
      'SCHEMA_NEWER',
      `${key} has a column ${unknown} that table ${table.name} does not have in this build: compacting would lose it. Use the build that wrote it, or a later one.`,
    );
}
