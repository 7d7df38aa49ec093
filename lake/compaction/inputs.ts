import { LakeError } from '../errors.ts';
import { columnsOf, mismatch, schemaMismatch } from '../file-schema.ts';
import { parseLandedKey, partitionStartMs } from '../names.ts';
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

/**
 * Throws LakeError SCHEMA_MISMATCH, naming the file, if a row has no value by which it belongs to an hour (no piece would hold it), or a
 * landing file has rows of another hour than its folder is of: they would be there twice, or where nobody looks for them.
 */
export async function refuseMisplaced(
  run: Run,
  table: TableSchema,
  { relation, inputs }: { readonly relation: string; readonly inputs: readonly InputFile[] },
): Promise<void> {
  const { partitionColumn, name } = table;
  const count = async (from: string, condition: string): Promise<number> => {
    const [[rows] = []] = await run(`SELECT count(*)::DOUBLE FROM ${from} WHERE ${condition}`);
    return Number(rows);
  };
  const timeless = `${quoteName(partitionColumn)} IS NULL`;
  const hours = new Map(inputs.flatMap(({ key }) => outsideOf(table, key) ?? []).map((hour) => [hour.condition, hour]));
  if ((await count(relation, [timeless, ...hours.keys()].join(' OR '))) === 0) return;
  for (const input of inputs) {
    const from = relationSql(table, [input]);
    const without = await count(from, timeless);
    if (without > 0) throw mismatch(input.key, `has no ${partitionColumn} in ${without} of its rows, which every row of ${name} fills`);
    const hour = outsideOf(table, input.key);
    const outside = hour === undefined ? 0 : await count(from, hour.condition);
    if (outside > 0)
      throw mismatch(input.key, `has ${outside} rows whose ${partitionColumn} is not in ${hour?.shown}, of which its folder is`);
  }
}

const HOUR_MS = 3_600_000;

/** Condition of rows that do not belong to the hour of a landing file; undefined for other files. */
function outsideOf({ partitionColumn }: TableSchema, key: string): { readonly condition: string; readonly shown: string } | undefined {
  const landed = parseLandedKey(key);
  if (landed === undefined) return undefined;
  const time = quoteName(partitionColumn);
  const startMs = partitionStartMs(landed);
  const condition = `${time} < make_timestamp_ms(${startMs}) OR ${time} >= make_timestamp_ms(${startMs + HOUR_MS})`;
  return { condition, shown: `${landed.dt} hour ${landed.hour}` };
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
