import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayFault } from '../../core/replay/record.ts';
import { SortEngine } from '../../lake/compaction/engine.ts';
import { RowFile } from '../../lake/row-file.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { BackfillPorts } from './ports.ts';
import type { Work } from './work.ts';

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

/** Files of the rows of several tables, each made when its first row comes. */
export class RowFiles {
  private readonly files = new Map<string, { readonly table: TableSchema; readonly file: RowFile }>();
  private readonly tables: ReadonlyMap<string, TableSchema>;
  private readonly scratch: string;

  constructor(tables: readonly TableSchema[], scratch: string) {
    this.tables = new Map(tables.map((table) => [table.name, table]));
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

  /** Writes them into the work, sorted by the time that partitions go by. */
  async store(engine: SortEngine, work: Work, nameOf: (table: string) => string): Promise<void> {
    for (const [name, { table, file }] of this.files) {
      const path = join(this.scratch, `${name}.parquet`);
      await file.finish(engine, path, [table.partitionColumn, ...table.idColumns]);
      await work.store(nameOf(name), path);
    }
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
