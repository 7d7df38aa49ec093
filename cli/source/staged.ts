import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import type { SqlAnswer, SqlCell, SqlEngine } from '../../core/ports.ts';
import type { LakeQueries } from '../../local/sql/format.ts';
import type { SqlResult, SqlStream } from '../../local/sql/lake-sql.ts';
import { distinctNames } from '../../local/sql/names.ts';
import { sqlValue } from '../../local/sql/values.ts';

/** Types that both engines know by one name. */
const SAME_TYPES = ['boolean', 'tinyint', 'smallint', 'integer', 'bigint', 'double', 'date', 'varchar'];

/**
 * Results of a deployed lake in the forms of a local one: each result is brought into a table of the local engine, with the types
 * that its columns have there, and written from it by the same code. Lists and maps stay text.
 */
export class StagedQueries implements LakeQueries {
  private readonly engine: SqlEngine;
  private readonly scratch = mkdtempSync(join(tmpdir(), 'headrace-stage-'));
  private local: { readonly instance: DuckDBInstance; readonly db: DuckDBConnection } | undefined;

  constructor(engine: SqlEngine) {
    this.engine = engine;
  }

  async query(text: string): Promise<SqlResult> {
    const { columns, parts } = await this.stream(text);
    const rows: ReturnType<typeof sqlValue>[][] = [];
    for await (const part of parts) for (const row of part) rows.push(row.map(sqlValue));
    return { columns: columns.map(({ name, type }) => ({ name, type })), rows };
  }

  async stream(text: string): Promise<SqlStream> {
    const answer = await this.engine.run(text);
    const db = await this.stage(answer);
    // In memory, as the answer is: a value that does not fit its type would end a streamed result early, without a word.
    const result = await db.run('SELECT * FROM typed');
    const names = distinctNames(
      answer.columns.map(({ name }) => name),
      (name) => name,
    );
    const columns = result.columnTypes().map((duck, i) => ({ name: names[i] ?? '', type: duck.toString(), duck }));
    return { columns, parts: chunksOf(result) };
  }

  async parquetFile(text: string): Promise<string> {
    const answer = await this.engine.run(text);
    const db = await this.stage(answer);
    // Files are read by engines that do not tell Name from name.
    const names = distinctNames(
      answer.columns.map(({ name }) => name),
      (name) => name.toLowerCase(),
    );
    const shown = names.map((name, i) => `c${i} AS ${quoted(name)}`);
    const path = join(this.scratch, 'result.parquet');
    await db.run(`COPY (SELECT ${shown.length === 0 ? '*' : shown.join(', ')} FROM typed) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`);
    return path;
  }

  /** Frees the local engine and its files. */
  async close(): Promise<void> {
    this.local?.db.closeSync();
    this.local?.instance.closeSync();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** Brings a result into the view `typed`, its columns `c0`, `c1` and so on, in place of the one before. */
  private async stage({ columns, rows }: SqlAnswer): Promise<DuckDBConnection> {
    const db = await this.open();
    const cells = columns.map((_, i) => `c${i}`);
    await db.run('DROP VIEW IF EXISTS typed');
    await db.run(`CREATE OR REPLACE TABLE staged (${[...cells, 'ordinal'].map((name) => `${name} VARCHAR`).join(', ')})`);
    const appender = await db.createAppender('staged');
    for (const row of rows) {
      for (const cell of row) append(appender, cell);
      appender.appendNull();
      appender.endRow();
    }
    appender.closeSync();
    const typed = columns.map(({ type }, i) => `${castOf(type, `c${i}`)} AS c${i}`);
    // A statement such as a CREATE answers with no column at all.
    await db.run(`CREATE VIEW typed AS SELECT ${typed.length === 0 ? 'ordinal' : typed.join(', ')} FROM staged`);
    return db;
  }

  private async open(): Promise<DuckDBConnection> {
    if (this.local === undefined) {
      const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
      this.local = { instance, db: await instance.connect() };
      await this.local.db.run("SET TimeZone = 'UTC'");
    }
    return this.local.db;
  }
}

function append(appender: Awaited<ReturnType<DuckDBConnection['createAppender']>>, cell: SqlCell): void {
  if (cell === null) appender.appendNull();
  else appender.appendVarchar(String(cell));
}

/** The cell as a value of the local type for an engine's type; what has no counterpart stays text. */
function castOf(type: string, cell: string): string {
  const lower = type.toLowerCase();
  if (lower === 'varbinary' || lower === 'blob') return `from_base64(${cell})`;
  if (lower === 'float' || lower === 'real') return `CAST(${cell} AS FLOAT)`;
  if (/^timestamp(\(\d+\))?$/.test(lower)) return `CAST(${cell} AS TIMESTAMP)`;
  if (SAME_TYPES.includes(lower) || /^decimal\(\d+, ?\d+\)$/.test(lower)) return `CAST(${cell} AS ${lower})`;
  return cell;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

interface Chunks {
  fetchChunk(): Promise<{ readonly rowCount: number; getRows(): DuckDBValue[][] } | null>;
}

async function* chunksOf(result: Chunks): AsyncGenerator<DuckDBValue[][]> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows();
  }
}
