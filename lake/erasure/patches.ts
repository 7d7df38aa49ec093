import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SortEngine } from '../compaction/engine.ts';
import type { InputFile } from '../compaction/inputs.ts';
import { duckType, jsonType } from '../duck-types.ts';
import type { Column, TableSchema } from '../schema.ts';
import { quoteName, quoteText } from '../sql-text.ts';
import type { Patch, ReadRow, TableMask } from './rows.ts';

/** One row of a file that changes. */
interface PatchedRow {
  readonly file: string;
  readonly row: string;
  readonly patch: Patch;
}

/** Rows of some files that change, and how. */
export interface Patches {
  readonly mask: TableMask;
  readonly files: readonly InputFile[];
  readonly rows: readonly PatchedRow[];
}

const FILE = '"@file"';
const ROW = '"@row"';

/** Finds the rows of the subject in files that can be read. */
export async function readPatches(engine: SortEngine, mask: TableMask, files: readonly InputFile[]): Promise<Patches> {
  if (files.length === 0) return { mask, files, rows: [] };
  const reads = mask.reads.map((name) => readSql(columnOf(mask.table, name)));
  const sql = `SELECT ${FILE}, ${ROW}::VARCHAR, ${reads.join(', ')} FROM ${sourceSql(mask.table, files)} WHERE ${mask.where}`;
  const found = await engine.rows(sql, false);
  const rows = found.flatMap(([file, row, ...cells]) => {
    const read = Object.fromEntries(mask.reads.map((name, i) => [name, plain(cells[i])]));
    const patch = mask.patch(read as ReadRow);
    return patch === undefined || Object.keys(patch).length === 0 ? [] : [{ file: String(file), row: String(row), patch }];
  });
  return { mask, files, rows };
}

/** Paths of those of the files that may have rows of the subject. */
export async function pathsWith(engine: SortEngine, mask: TableMask, files: readonly InputFile[]): Promise<string[]> {
  if (files.length === 0) return [];
  const rows = await engine.rows(`SELECT DISTINCT ${FILE} FROM ${sourceSql(mask.table, files)} WHERE ${mask.where}`, false);
  return rows.map(([path]) => String(path));
}

/** SELECTs of all rows but the patched ones, as they are, and of the patched ones with their new values. */
export async function patchedSql(
  { mask, files, rows }: Patches,
  scratch: string,
): Promise<{ readonly kept: string; readonly masked: string }> {
  const path = join(scratch, 'patches.ndjson');
  const lines = rows.map(({ file, row, patch }) => JSON.stringify({ file, row, is: Object.keys(patch), ...named(patch) }));
  writeFileSync(path, `${lines.join('\n')}\n`);
  const columns = mask.columns.map((name) => columnOf(mask.table, name));
  const types = columns.map(({ type }, i) => `c${i}: ${quoteText(type === 'timestamp' ? 'VARCHAR' : jsonType(type))}`);
  const patches = `read_json(${quoteText(path)}, format = 'newline_delimited', columns = {file: 'VARCHAR', row: 'BIGINT', "is": 'VARCHAR[]', ${types.join(', ')}})`;
  const source = sourceSql(mask.table, files);
  const on = `s.${FILE} = p.file AND s.${ROW} = p.row`;
  const all = mask.table.columns.map(({ name }) => `s.${quoteName(name)}`).join(', ');
  const changed = mask.table.columns.map((column) => {
    const at = mask.columns.indexOf(column.name);
    const old = `s.${quoteName(column.name)}`;
    if (at < 0) return old;
    const value = column.type === 'blob' ? `from_base64(p.c${at})` : `CAST(p.c${at} AS ${duckType(column.type)})`;
    return `CASE WHEN list_contains(p."is", ${quoteText(column.name)}) THEN ${value} ELSE ${old} END AS ${quoteName(column.name)}`;
  });
  return {
    kept: `SELECT ${all} FROM ${source} AS s ANTI JOIN ${patches} AS p ON ${on}`,
    masked: `SELECT ${changed.join(', ')} FROM ${source} AS s JOIN ${patches} AS p ON ${on}`,
  };

  function named(patch: Patch): Record<string, Patch[string]> {
    return Object.fromEntries(Object.entries(patch).map(([name, value]) => [`c${mask.columns.indexOf(name)}`, value]));
  }
}

/** All rows of files with every declared column, and where each row lies. */
function sourceSql({ columns }: TableSchema, files: readonly InputFile[]): string {
  const none = columns.map(({ name, type }) => `CAST(NULL AS ${duckType(type)}) AS ${quoteName(name)}`);
  const shown = columns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${duckType(type)}) AS ${quoteName(name)}`);
  const list = files.map(({ path }) => quoteText(path)).join(', ');
  const read = `SELECT * FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false, filename = true, file_row_number = true)`;
  const empty = `SELECT ${none.join(', ')}, CAST(NULL AS VARCHAR) AS filename, CAST(NULL AS BIGINT) AS file_row_number WHERE false`;
  return `(SELECT ${shown.join(', ')}, filename AS ${FILE}, file_row_number AS ${ROW} FROM (${empty} UNION ALL BY NAME ${read}))`;
}

function readSql({ name, type }: Column): string {
  if (type === 'timestamp') return `epoch_ms(${quoteName(name)})::DOUBLE`;
  return type === 'blob' ? `to_base64(${quoteName(name)})` : quoteName(name);
}

function plain(cell: unknown): unknown {
  return typeof cell === 'object' && cell !== null && 'items' in cell ? cell.items : cell;
}

function columnOf({ name: table, columns }: TableSchema, name: string): Column {
  const column = columns.find((one) => one.name === name);
  if (column === undefined) throw new Error(`table ${table} has no column ${name}`);
  return column;
}
