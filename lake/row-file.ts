import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../core/ports.ts';
import type { SortEngine } from './compaction/engine.ts';
import { fromJson, jsonType } from './duck-types.ts';
import { rowEncoder } from './row-text.ts';
import type { TableSchema } from './schema.ts';
import { quoteName, quoteText } from './sql-text.ts';

/** Longest row as JSON, bytes: a Kinesis record of 10 MiB as base64 with room for the rest. */
const ROW_BYTES_MAX = 32 * 1024 * 1024;
/** Rows of a row group: what a reader of a part of the file reads at least. */
const ROW_GROUP_ROWS = 8_192;

const FORM = `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}`;

/** How rows are sorted, and told apart into files. */
export interface PartedOrder {
  readonly order: readonly string[];
  /** SQL expression over the columns. */
  readonly part: string;
}

/** Rows of one table on their way into a Parquet file: text first, so that memory stays small. */
export class RowFile {
  rows = 0;
  private readonly table: TableSchema;
  private readonly path: string;
  private readonly encode: (rows: readonly Row[]) => Buffer;
  private file: number | undefined;

  /** `path` is a file of a scratch folder. */
  constructor(table: TableSchema, path: string) {
    this.table = table;
    this.path = path;
    this.encode = rowEncoder(table);
  }

  /** Adds rows in any order. */
  add(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    this.file ??= openSync(this.path, 'w');
    writeSync(this.file, this.encode(rows));
    this.rows += rows.length;
  }

  /** Writes the rows as a Parquet file, sorted by `order` (column names), and gives up the text. */
  async finish(engine: SortEngine, path: string, order: readonly string[]): Promise<void> {
    await this.write(engine, `SELECT * FROM ${this.closed()} ORDER BY ${order.map(quoteName).join(', ')}`, `${quoteText(path)} (${FORM}`);
  }

  /** The same into one file for each value of `part`, an SQL expression that gives whole numbers: their paths below `folder`, by that number. */
  async finishBy(engine: SortEngine, folder: string, { order, part }: PartedOrder): Promise<Map<number, string>> {
    const rows = `SELECT *, ${part} AS "@part" FROM ${this.closed()} ORDER BY ${order.map(quoteName).join(', ')}`;
    await this.write(engine, rows, `${quoteText(folder)} (${FORM}, PARTITION_BY ("@part")`);
    // The engine writes letters and digits of the column's name as they are.
    return new Map(
      readdirSync(folder).map((name) => [Number(/=(\d+)$/.exec(name)?.[1]), join(folder, name, readdirSync(join(folder, name))[0] ?? '')]),
    );
  }

  private closed(): string {
    if (this.file === undefined) this.file = openSync(this.path, 'w');
    closeSync(this.file);
    const types = this.table.columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(jsonType(type))}`);
    return `(SELECT ${this.table.columns.map(fromJson).join(', ')}
      FROM read_json(${quoteText(this.path)}, format = 'newline_delimited', columns = {${types.join(', ')}}, maximum_object_size = ${ROW_BYTES_MAX}))`;
  }

  private async write(engine: SortEngine, rows: string, target: string): Promise<void> {
    await engine.rows(`COPY (${rows}) TO ${target})`, false);
    rmSync(this.path, { force: true });
  }
}
