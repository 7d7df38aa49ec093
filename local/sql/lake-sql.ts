import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
import { DUCKDB_MACROS } from '../../glue/macros.ts';
import { type StoredBlobs, viewSql } from '../../glue/views.ts';
import { landedTable } from '../../lake/delivery-format.ts';
import { duckType } from '../../lake/duck-types.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { quoteName, quoteText } from '../../lake/sql-text.ts';
import { findDamage } from './damaged.ts';
import { type KnownDamage, type LakeFiles, lakeFilesOf } from './lake-files.ts';
import { misfitsOf } from './misfits.ts';
import { distinctNames } from './names.ts';
import { parquetQuery } from './parquet.ts';
import { isUnnamed } from './unnamed.ts';
import { type SqlValue, sqlValue } from './values.ts';

/** A lake to query, and the limits of the engine. */
export interface LakeSqlOptions {
  readonly lakeDir: string;
  readonly tables: readonly TableSchema[];
  /** Shows what was published at this moment, epoch ms, instead of what is now. */
  readonly asOfMs?: number | undefined;
  /** Finds the files of a table in `lakeDir`; default: those that are there, as `asOfMs` says. */
  readonly filesOf?: (table: string, damage: KnownDamage) => Promise<LakeFiles>;
  /** How files hold blob columns: a deployed lake has them as base64 text. Default: bytes. */
  readonly blobs?: StoredBlobs;
  /** Hears what is not as it should be in the files that a query reads; each text once. */
  readonly onWarning?: (text: string) => void;
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
  private readonly options: LakeSqlOptions;
  private readonly warned = new Set<string>();
  /** Files that the views of each table show. */
  private readonly shown = new Map<string, readonly string[]>();
  /** Landing files, which never change, that are known to have the schema of their table. */
  private readonly fits = new Set<string>();
  private results = 0;

  private constructor(options: LakeSqlOptions, scratch: string, instance: DuckDBInstance, db: DuckDBConnection) {
    this.options = options;
    this.lakeDir = resolve(options.lakeDir);
    this.scratch = scratch;
    this.instance = instance;
    this.db = db;
  }

  /** Opens the engine on a lake; a folder that is not there yet is a lake without rows. */
  static async open(options: LakeSqlOptions): Promise<LakeSql> {
    const { tables, memoryMb = MEMORY_MB, threads = THREADS } = options;
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
    const sql = new LakeSql(options, scratch, instance, db);
    await db.run(`CREATE SCHEMA ${LANDING_SCHEMA}`);
    // The shipped queries are written for Athena too.
    for (const macro of DUCKDB_MACROS) await db.run(macro);
    for (const table of tables) await sql.createViews(table, emptySource(sql.stored(table)));
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

  /**
   * Runs one query to its end and reads its rows as they are wanted; errors as in `query`. The result waits in a table of the engine, which
   * spills it: the engine's client ends a streamed result that fails on the way as if it were whole.
   */
  stream(text: string): Promise<SqlStream> {
    return this.reading(text, () => this.streamed(text));
  }

  private async streamed(text: string): Promise<SqlStream> {
    const statement = await this.prepare(text, [StatementType.SELECT, StatementType.EXPLAIN]);
    const types = Array.from({ length: statement.columnCount }, (_, i) => statement.columnType(i));
    const names = distinctNames(
      types.map((_, i) => statement.columnName(i)),
      (name) => name,
    );
    const columns = types.map((duck, i) => ({ name: names[i] ?? '', type: duck.toString(), duck }));
    for (const { name, duck } of columns)
      if (isUnnamed(duck)) throw usageError(`column ${name}`, 'a struct without names', "names for its fields, such as {'a': 1, 'b': 2}");
    if (statement.statementType === StatementType.EXPLAIN) return { columns, parts: partsOf(await refusing(() => statement.run())) };
    return { columns, parts: await this.kept(text, columns.length) };
  }

  /** Runs a query into a table and reads that; it goes when its rows have been read. */
  private async kept(text: string, width: number): Promise<SqlStream['parts']> {
    this.results += 1;
    const table = quoteName(`result ${this.results}`);
    const cells = Array.from({ length: width }, (_, i) => `c${i}`).join(', ');
    await refusing(() => this.db.run(`CREATE TEMP TABLE ${table} (${cells}) AS SELECT * FROM (${text.replace(/;\s*$/, '')}\n)`));
    const [rows] = (await this.db.runAndReadAll(`SELECT count(*) FROM temp.${table}`)).getRows()[0] ?? [];
    return this.readKept(table, Number(rows));
  }

  private async *readKept(table: string, rows: number): AsyncGenerator<DuckDBValue[][]> {
    let read = 0;
    try {
      for await (const part of partsOf(await this.db.stream(`SELECT * FROM temp.${table}`))) {
        read += part.length;
        yield part;
      }
    } finally {
      await this.db.run(`DROP TABLE temp.${table}`);
    }
    if (read < rows) throw new Error(`the result could not be read to its end: ${read} of ${rows} rows; is the temporary folder full?`);
  }

  /**
   * Runs one query and writes its rows as a Parquet file (ZSTD) inside this object's own folder; the caller moves or reads it before
   * `close`. Types are those of `parquetType`.
   */
  parquetFile(text: string): Promise<string> {
    return this.reading(text, () => this.written(text));
  }

  private async written(text: string): Promise<string> {
    const statement = await this.prepare(text, [StatementType.SELECT]);
    const columns = Array.from({ length: statement.columnCount }, (_, i) => ({
      name: statement.columnName(i),
      duck: statement.columnType(i),
    }));
    const path = join(this.scratch, 'result.parquet');
    const query = parquetQuery(text.replace(/;\s*$/, ''), columns);
    await refusing(() => this.db.run(`COPY (${query}\n) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`));
    return path;
  }

  /** Frees the engine and its temporary files. */
  async close(): Promise<void> {
    this.db.closeSync();
    this.instance.closeSync();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /**
   * Does something with the tables that a query names, its result not seen by anybody before it is whole. When the engine stops at a
   * file that it cannot read, or that is gone, the same again with what is left.
   */
  private async reading<T>(text: string, work: () => Promise<T>): Promise<T> {
    const damage = new Map<string, string>();
    for (;;) {
      try {
        await this.showLanded(text, damage);
        return await work();
      } catch (error) {
        const run = (sql: string): Promise<unknown> => this.db.runAndReadAll(sql);
        const found = await findDamage(error, { files: this.filesNamed(text), lakeDir: this.lakeDir, run });
        const fresh = found.filter(([key]) => !damage.has(key));
        if (fresh.length === 0) throw error;
        for (const [key, what] of fresh) damage.set(key, what);
      }
    }
  }

  private filesNamed(text: string): string[] {
    return this.tablesNamed(text).flatMap(({ name }) => this.shown.get(name) ?? []);
  }

  private tablesNamed(text: string): TableSchema[] {
    const lower = text.toLowerCase();
    return this.options.tables.filter(({ name }) => lower.includes(name.toLowerCase()));
  }

  /**
   * Points the views of the tables that a query names at the files that show them now. Only of those: the engine opens every file of a
   * table when its view is made, which takes seconds for months of hours.
   */
  private async showLanded(text: string, known: KnownDamage): Promise<void> {
    const { asOfMs, filesOf = (name, damage) => lakeFilesOf(this.lakeDir, name, { asOfMs, damage }) } = this.options;
    for (const table of this.tablesNamed(text)) {
      const { published, landed, warnings } = await filesOf(table.name, known);
      this.shown.set(table.name, [...published, ...landed]);
      const fitting = await this.fittingOf(table, landed);
      const sources = [published, fitting].filter((files) => files.length > 0).map((files) => filesSource(table, files));
      await refusing(() => this.createViews(table, [emptySource(this.stored(table)), ...sources].join(' UNION ALL BY NAME ')));
      for (const warning of warnings) this.warn(warning);
    }
  }

  /** Of files that landed, those that have the schema of the table; compaction has looked at those that are published. */
  private async fittingOf(table: TableSchema, landed: readonly string[]): Promise<string[]> {
    const fresh = landed.filter((path) => !this.fits.has(path));
    const run = async (sql: string): Promise<unknown[][]> => (await this.db.runAndReadAll(sql)).getRows();
    const misfits = await misfitsOf(this.stored(table), fresh, { lakeDir: this.lakeDir, run });
    for (const path of fresh) if (!misfits.has(path)) this.fits.add(path);
    for (const text of misfits.values()) this.warn(text);
    return landed.filter((path) => this.fits.has(path));
  }

  private warn(text: string): void {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    this.options.onWarning?.(text);
  }

  private async createViews(table: TableSchema, source: string): Promise<void> {
    const landing = `${LANDING_SCHEMA}.${quoteName(table.name)}`;
    await this.db.run(`CREATE OR REPLACE VIEW ${landing} AS ${source}`);
    await this.db.run(`CREATE OR REPLACE VIEW ${quoteName(table.name)} AS ${viewSql(table, landing, this.options.blobs)}`);
  }

  /** The table as its files hold it. */
  private stored(table: TableSchema): TableSchema {
    return this.options.blobs === 'base64' ? landedTable(table) : table;
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

function filesSource({ columns }: TableSchema, files: readonly string[]): string {
  const list = files.map(quoteText).join(', ');
  // Names that files may lack come from the empty relation; folders say more than the table has columns.
  const shown = [...columns.map(({ name }) => name), 'dt', 'hour'].map(quoteText);
  const read = `read_parquet([${list}], hive_partitioning = true, hive_types = {'dt': 'VARCHAR', 'hour': 'VARCHAR'}, union_by_name = true)`;
  return `SELECT COLUMNS(c -> c IN (${shown.join(', ')})) FROM ${read}`;
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
    const refusal = refusalOf(error);
    // Nothing that the person who asked did wrong.
    if (/^Out of Memory Error|No space left on device|Could not write file/.test(refusal)) throw new Error(refusal, { cause: error });
    throw new UsageError(refusal, { cause: error });
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
