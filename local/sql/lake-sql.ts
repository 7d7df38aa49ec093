import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  type DuckDBType,
  type DuckDBValue,
  StatementType,
} from '@duckdb/node-api';
import { UsageError, usageError } from '../../core/errors.ts';
import { viewSql } from '../../glue/views.ts';
import { duckType } from '../../lake/duck-types.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteName, quoteText } from '../../lake/sql-text.ts';
import { type SqlValue, sqlValue } from './values.ts';

/** A lake to query, and the limits of the engine. */
export interface LakeSqlOptions {
  readonly lakeDir: string;
  readonly tables: readonly TableSchema[];
  /** DuckDB memory limit, MiB; what does not fit is spilled to a temporary folder. */
  readonly memoryMb?: number;
  readonly threads?: number;
}

/** A column of a result; `type` is the name of its DuckDB type. */
export interface SqlColumn {
  readonly name: string;
  readonly type: string;
}

/** A whole result in memory. */
export interface SqlResult {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** A result read part by part, in the engine's own values. */
export interface SqlStream {
  readonly columns: readonly (SqlColumn & { readonly duck: DuckDBType })[];
  readonly parts: AsyncIterable<readonly (readonly DuckDBValue[])[]>;
}

/** Engine memory, MiB: windows over a million rows spill beyond it, which costs little. */
const MEMORY_MB = 400;
const THREADS = 2;
/** Schema of the landed rows as they are, repeats included. */
const LANDING_SCHEMA = 'landing';

/**
 * Read-only SQL on a lake folder: one view per table, repeats removed, money as DECIMAL; `landing.<table>` shows the files as they are.
 * Statements other than queries, files outside of the lake and changes of settings are refused with UsageError.
 */
export class LakeSql {
  private readonly lakeDir: string;
  private readonly scratch: string;
  private readonly instance: DuckDBInstance;
  private readonly db: DuckDBConnection;
  /** Tables whose views do not read files yet. */
  private empty: TableSchema[];

  private constructor(lakeDir: string, scratch: string, instance: DuckDBInstance, db: DuckDBConnection, tables: readonly TableSchema[]) {
    this.lakeDir = lakeDir;
    this.scratch = scratch;
    this.instance = instance;
    this.db = db;
    this.empty = [...tables];
  }

  /** Opens the engine on a lake; a folder that is not there yet is a lake without rows. */
  static async open({ lakeDir, tables, memoryMb = MEMORY_MB, threads = THREADS }: LakeSqlOptions): Promise<LakeSql> {
    const scratch = mkdtempSync(join(tmpdir(), 'headrace-sql-'));
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryMb}MiB`,
      threads: String(threads),
      temp_directory: join(scratch, 'spill'),
      // The operating system caches files already; the engine's own copy would only take memory.
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
    });
    const db = await instance.connect();
    const sql = new LakeSql(resolve(lakeDir), scratch, instance, db, tables);
    await db.run(`CREATE SCHEMA ${LANDING_SCHEMA}`);
    for (const table of tables) await sql.createViews(table, emptySource(table));
    await sql.lock();
    return sql;
  }

  /** Runs one query. Throws UsageError with the engine's message on one line when it is refused. */
  async query(text: string): Promise<SqlResult> {
    const { columns, parts } = await this.stream(text);
    const rows: SqlValue[][] = [];
    for await (const part of parts) for (const row of part) rows.push(row.map(sqlValue));
    return { columns: columns.map(({ name, type }) => ({ name, type })), rows };
  }

  /** Runs one query and reads its rows as they come; errors as in `query`, also while reading. */
  async stream(text: string): Promise<SqlStream> {
    await this.showLanded(text);
    const statement = await this.prepare(text, [StatementType.SELECT, StatementType.EXPLAIN]);
    const result = await refusing(() => statement.stream());
    const names = result.deduplicatedColumnNames();
    const types = result.columnTypes();
    const columns = types.map((duck, i) => ({ name: names[i] ?? '', type: duck.toString(), duck }));
    return { columns, parts: partsOf(result) };
  }

  /** Runs one query and writes its rows as a Parquet file (ZSTD) inside this object's own folder; the caller moves or reads it before `close`. */
  async parquetFile(text: string): Promise<string> {
    await this.showLanded(text);
    await this.prepare(text, [StatementType.SELECT]);
    const path = join(this.scratch, 'result.parquet');
    // The text ends on a line of its own: it may end in a comment.
    await refusing(() => this.db.run(`COPY (${text.replace(/;\s*$/, '')}\n) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`));
    return path;
  }

  /** Frees the engine and its temporary files. */
  async close(): Promise<void> {
    this.db.closeSync();
    this.instance.closeSync();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /**
   * Points the views of tables that a query names and that have landed since at their files. Only of those: the engine opens every
   * file of a table when its view is made, which takes seconds for months of hours.
   */
  private async showLanded(text: string): Promise<void> {
    const lower = text.toLowerCase();
    const landed = this.empty.filter((table) => lower.includes(table.name.toLowerCase()) && hasFile(this.landingDir(table)));
    this.empty = this.empty.filter((table) => !landed.includes(table));
    for (const table of landed)
      await this.createViews(table, `${emptySource(table)} UNION ALL BY NAME ${filesSource(this.landingDir(table))}`);
  }

  private async createViews(table: TableSchema, source: string): Promise<void> {
    const landing = `${LANDING_SCHEMA}.${quoteName(table.name)}`;
    await this.db.run(`CREATE OR REPLACE VIEW ${landing} AS ${source}`);
    await this.db.run(`CREATE OR REPLACE VIEW ${quoteName(table.name)} AS ${viewSql(table, landing)}`);
  }

  private landingDir({ name }: TableSchema): string {
    return join(this.lakeDir, name, 'landing');
  }

  private async lock(): Promise<void> {
    mkdirSync(join(this.scratch, 'spill'), { recursive: true });
    await this.db.run("SET TimeZone = 'UTC'");
    await this.db.run(`SET allowed_directories = [${quoteText(this.lakeDir)}, ${quoteText(this.scratch)}]`);
    await this.db.run('SET enable_external_access = false');
    await this.db.run('SET lock_configuration = true');
  }

  /** The engine may write inside the lake folder, so only statements that read are let through. */
  private async prepare(text: string, allowed: readonly StatementType[]): Promise<DuckDBPreparedStatement> {
    const statement = await refusing(async () => {
      const statements = await this.db.extractStatements(text);
      if (statements.count !== 1) throw usageError('number of SQL statements', statements.count, 'one SELECT statement');
      return statements.prepare(0);
    });
    const { statementType, parameterCount } = statement;
    if (!allowed.includes(statementType)) {
      throw usageError('kind of SQL statement', StatementType[statementType], allowed.map((type) => StatementType[type]).join(' or '));
    }
    if (parameterCount > 0) throw usageError('parameters in the SQL text', parameterCount, 'values written out');
    if (statementType === StatementType.EXPLAIN) await this.prepare(explained(text), [StatementType.SELECT]);
    return statement;
  }
}

/** What an EXPLAIN explains: EXPLAIN ANALYZE would run it. */
function explained(text: string): string {
  return text.replace(/^\s*explain(\s+analyze)?(\s*\([^)]*\))?/i, '');
}

/** Rows of a relation without rows but with every declared column: files from before a column was added lack it. */
function emptySource({ columns }: TableSchema): string {
  const typed = columns.map(({ name, type }) => `CAST(NULL AS ${duckType(type)}) AS ${quoteName(name)}`);
  return `SELECT ${typed.join(', ')}, CAST(NULL AS VARCHAR) AS dt, CAST(NULL AS VARCHAR) AS hour WHERE false`;
}

function filesSource(landingDir: string): string {
  const files = quoteText(`${landingDir}/**/*.parquet`);
  return `SELECT * FROM read_parquet(${files}, hive_partitioning = true, hive_types = {'dt': 'VARCHAR', 'hour': 'VARCHAR'}, union_by_name = true)`;
}

function hasFile(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { withFileTypes: true }).some((entry) =>
    entry.isDirectory() ? hasFile(join(folder, entry.name)) : entry.name.endsWith('.parquet'),
  );
}

async function* partsOf(result: DuckDBResult): AsyncGenerator<DuckDBValue[][]> {
  for (;;) {
    const chunk = await refusing(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows();
  }
}

/** Turns what the engine refuses into a usage error on one line. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(refusalOf(error), { cause: error });
  }
}

/** The engine's message on one line. */
function refusalOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // This is all the engine says about text without a statement, such as a lone comment.
  if (message === 'Error in native callback') return 'the SQL text holds no statement; allowed: one SELECT statement';
  return message
    .replace(/^Failed to extract statements: /, '')
    .replace(/\s+/g, ' ')
    .trim();
}
