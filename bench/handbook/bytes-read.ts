import { readFileSync, statSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteText } from '../../lake/sql-text.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';

/** Bytes by the name of a query. */
export type QueryBytes = Readonly<Record<string, number>>;

/** Counts the bytes that queries read from the files of a view `payments`; their answers must have as many rows whatever files they read. */
export class BytesRead {
  private readonly queries: Readonly<Record<string, string>>;
  private readonly answers = new Map<string, number>();

  constructor(queries: Readonly<Record<string, string>>) {
    this.queries = queries;
  }

  /** Bytes that each query reads from these files; `scratch` is for what does not fit in memory. */
  async from(files: readonly string[], scratch: string): Promise<QueryBytes> {
    const bytes: Record<string, number> = {};
    await inEngine(files, scratch, async (run) => {
      for (const [name, sql] of Object.entries(this.queries)) {
        const before = bytesRead();
        const answered = await run(sql);
        bytes[name] = bytesRead() - before;
        const known = this.answers.get(name) ?? answered;
        if (known !== answered) throw new Error(`${name} has ${answered} rows here and ${known} elsewhere`);
        this.answers.set(name, answered);
      }
    });
    return bytes;
  }
}

/** Does something with an engine in which the view `payments` shows files; `run` gives the number of rows of an answer. */
export async function inEngine(
  files: readonly string[],
  scratch: string,
  use: (run: (sql: string) => Promise<number>) => Promise<void>,
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '256MiB',
    enable_external_file_cache: 'false',
    temp_directory: scratch,
  });
  const db = await instance.connect();
  await db.run(`CREATE VIEW payments AS SELECT * FROM read_parquet([${files.map(quoteText).join(', ')}])`);
  await use(async (sql) => (await db.runAndReadAll(sql)).currentRowCount);
  db.closeSync();
  instance.closeSync();
}

/** Bytes that this process has read from files so far; Linux counts them. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
}

/** Bytes of files. */
export function sizeOf(files: readonly string[]): number {
  return files.reduce((sum, path) => sum + statSync(path).size, 0);
}

/** A table of the shipped pipeline. */
export function tableOf(name: string): TableSchema {
  const found = tablesOf(pipeline).find((one) => one.name === name);
  if (found === undefined) throw new Error(`the pipeline has no table ${name}`);
  return found;
}

/** Figures, one a line. */
export function figuresText(figures: Readonly<Record<string, unknown>>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name.padEnd(28)}${String(value)}\n`)
    .join('');
}

/** Bytes that queries read, before and after, one a line. */
export function readText({
  landed,
  arrival_order,
  compacted,
}: Readonly<Record<'landed' | 'arrival_order' | 'compacted', QueryBytes>>): string {
  const line = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(28)}${cells.map((one) => String(one).padStart(16)).join('')}\n`;
  const rows = Object.entries(compacted).map(([name, bytes]) => {
    const ordered = arrival_order[name] ?? 0;
    return line(name, [landed[name] ?? 0, ordered, bytes, (ordered / bytes).toFixed(1)]);
  });
  return line('bytes read for', ['landed', 'arrival order', 'compacted', 'times fewer']) + rows.join('');
}
