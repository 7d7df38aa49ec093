import { duckType } from '../duck-types.ts';
import { LakeError } from '../errors.ts';
import { parseLandedKey, partitionStartMs } from '../names.ts';
import { relationSql } from '../relation.ts';
import type { TableSchema } from '../schema.ts';
import { quoteName, quoteText } from '../sql-text.ts';
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

/** Types that files may have a column in: the declared one, and those that it holds without loss. */
function mayBe(type: string): readonly string[] {
  if (type === 'TIMESTAMP') return [type, 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP_S', 'TIMESTAMP WITH TIME ZONE'];
  if (type === 'BIGINT') return [type, 'INTEGER'];
  return [type];
}

async function checkSchema(run: Run, table: TableSchema, { path, key }: InputFile, footer: FileFooter | undefined): Promise<void> {
  const known = new Map(table.columns.map((column) => [column.name, column]));
  const unknown = footer?.columns.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new LakeError(
      'SCHEMA_NEWER',
      `${key} has a column ${unknown} that table ${table.name} does not have in this build: compacting would lose it. Use the build that wrote it, or a later one.`,
    );
  const missing = table.columns.find(({ name, nullable }) => !nullable && footer?.columns.includes(name) === false);
  if (missing !== undefined) throw mismatch(key, `has no column ${missing.name}, which every row of ${table.name} fills`);
  const described = await run(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${quoteText(path)}, hive_partitioning = false))`,
  );
  for (const [name, type] of described as [string, string][]) {
    const column = known.get(name);
    if (column !== undefined && !mayBe(duckType(column.type)).includes(type))
      throw mismatch(key, `has column ${name} as ${type}; table ${table.name} has it as ${duckType(column.type)}`);
  }
}

function mismatch(key: string, what: string): LakeError {
  return new LakeError(
    'SCHEMA_MISMATCH',
    `${key} ${what}. Set it aside with headrace compact --set-aside ${key}; a backfill brings its rows again.`,
  );
}
