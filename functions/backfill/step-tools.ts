import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayFault } from '../../core/replay/record.ts';
import { SortEngine } from '../../lake/compaction/engine.ts';
import { RowFile } from '../../lake/row-file.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteName } from '../../lake/sql-text.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';
import { stretchSql } from './stretches.ts';
import { padded, type Work } from './work.ts';

/** Faults that are written out of one item: enough to see what is wrong. */
const FAULTS_SHOWN = 20;

/** A scratch folder and an engine for the time of one item. */
export async function withEngine<T>(
  { work, engineMb }: Pick<BackfillPorts, 'work' | 'engineMb'>,
  name: string,
  use: (engine: SortEngine, scratch: string) => Promise<T>,
): Promise<T> {
  const scratch = work.files.scratch(name);
  const engine = new SortEngine({ scratch: join(scratch, 'engine'), memoryMb: engineMb, threads: 1 });
  try {
    return await use(engine, scratch);
  } finally {
    engine.rest();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Folder of recomputed rows of a table whose time lies in a band. */
export const rowsFolder = (table: string, band: number): string => `rows/${table}/${padded(band)}/`;

/** Files of the rows of several tables, each made when its first row comes. */
export class RowFiles {
  private readonly files = new Map<string, { readonly table: TableSchema; readonly file: RowFile }>();
  private readonly tables: ReadonlyMap<string, TableSchema>;
  private readonly bands: BackfillPlan['bands'];
  private readonly scratch: string;

  constructor({ tables: wanted, bands }: Pick<BackfillPlan, 'tables' | 'bands'>, tables: readonly TableSchema[], scratch: string) {
    this.tables = new Map(tables.filter(({ name }) => wanted.includes(name)).map((table) => [table.name, table]));
    this.bands = bands;
    this.scratch = scratch;
  }

  /** Adds rows of a table; those of tables that nobody asked for are dropped. */
  add(name: string, rows: Parameters<RowFile['add']>[0]): void {
    const table = this.tables.get(name);
    if (table === undefined || rows.length === 0) return;
    const known = this.files.get(name) ?? { table, file: new RowFile(table, join(this.scratch, `${name}.ndjson`)) };
    this.files.set(name, known);
    known.file.add(rows);
  }

  /** Writes them into the work, a file called `name` for each table and band, sorted by the time that partitions go by. */
  async store(engine: SortEngine, work: Work, name: string): Promise<void> {
    for (const [at, { table, file }] of this.files)
      for (const [band, path] of await this.finish(engine, table, file)) await work.store(rowsFolder(at, band) + name, path);
  }

  private async finish(engine: SortEngine, table: TableSchema, file: RowFile): Promise<ReadonlyMap<number, string>> {
    const path = join(this.scratch, `${table.name}.parquet`);
    const order = [table.partitionColumn, ...table.idColumns];
    if (this.bands.length > 1)
      return file.finishBy(engine, path, { order, part: stretchSql(this.bands, `epoch_ms(${quoteName(table.partitionColumn)})`) });
    await file.finish(engine, path, order);
    return new Map([[0, path]]);
  }
}

/** What one item found that is otherwise than recorded. */
export interface FaultReport {
  readonly count: number;
  readonly shown: readonly ReplayFault[];
}

/** Writes down what an item found. */
export async function writeFaults(work: Work, name: string, faults: readonly ReplayFault[]): Promise<void> {
  const report: FaultReport = { count: faults.length, shown: faults.slice(0, FAULTS_SHOWN) };
  await work.write(`faults/${name}.json`, report);
}
