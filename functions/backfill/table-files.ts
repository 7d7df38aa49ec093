import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlAnswer, SqlCell, SqlEngine } from '../../core/ports.ts';
import { SortEngine } from '../../lake/compaction/engine.ts';
import type { CompactionPorts } from '../../lake/compaction/ports.ts';
import { snapshotOf } from '../../lake/generations/snapshot.ts';
import { readTable } from '../../lake/generations/state.ts';
import { relationSql } from '../../lake/relation.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteName } from '../../lake/sql-text.ts';
import type { Span } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';

/** What reading a table's own files needs. */
export interface TableFilesOptions {
  readonly lake: Pick<CompactionPorts, 'objects' | 'files'>;
  readonly work: BackfillPorts['work'];
  readonly memoryMb: number;
  readonly threads: number;
}

/** Opens the files that show a table in hours for the time of a call: an engine, and the relation of their rows. */
export async function withTableFiles<T>(
  { lake, work, memoryMb, threads }: TableFilesOptions,
  { table, hours, name }: { readonly table: TableSchema; readonly hours?: Span; readonly name: string },
  use: (engine: SortEngine, relation: string, scratch: string) => Promise<T>,
): Promise<T> {
  const keys: string[] = [];
  for (const state of await readTable(lake.objects, table.name, hours === undefined ? {} : { hours })) {
    const { published, landed } = await snapshotOf(lake.objects, state);
    keys.push(...published, ...landed.map(({ key }) => key));
  }
  const scratch = work.files.scratch(name);
  const engine = new SortEngine({ scratch: join(scratch, 'engine'), memoryMb, threads });
  const opened: string[] = [];
  try {
    for (const key of keys) {
      const path = await lake.files.open(key);
      if (path !== undefined) opened.push(path);
    }
    const inputs = opened.map((path) => ({ path }));
    return await use(engine, relationSql(table, inputs), scratch);
  } finally {
    engine.rest();
    await lake.files.release(opened);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** SQL on tables of the lake, read from their files by the engine of this process, with the names of functions that Athena has. */
export class TablesSql implements SqlEngine {
  private readonly options: TableFilesOptions;
  private readonly tables: readonly TableSchema[];

  constructor(options: TableFilesOptions, tables: readonly TableSchema[]) {
    this.options = options;
    this.tables = tables;
  }

  /** Runs a query on one table. */
  async run(text: string): Promise<SqlAnswer> {
    const table = this.tables.find(({ name }) => new RegExp(`\\bFROM ${name}\\b`).test(text));
    if (table === undefined) throw new Error(`a query on none of ${this.tables.map(({ name }) => name).join(', ')}: ${text}`);
    const rows = await withTableFiles(this.options, { table, name: `sql-${table.name}` }, async (engine, relation) => {
      await engine.rows('CREATE MACRO to_unixtime(t) AS CAST(epoch_ms(t) AS DOUBLE) / 1000', false);
      await engine.rows(`CREATE VIEW ${quoteName(table.name)} AS SELECT * FROM ${relation}`, false);
      return engine.rows(text, false);
    });
    return { columns: [], rows: rows.map((row) => row.map(cellOf)), scannedBytes: null };
  }
}

function cellOf(value: unknown): SqlCell {
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : String(value);
}
