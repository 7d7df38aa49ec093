import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBBlobValue, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { LakeError } from '../errors.ts';

/** Memory and folder of the engine. */
export interface EngineOptions {
  /** Folder for what does not fit in memory; made if need be. */
  readonly scratch: string;
  /** Memory limit of the engine, MiB; the process takes about twice that beside it. */
  readonly memoryMb: number;
  readonly threads: number;
}

/** The engine that reads, sorts and writes: one statement at a time, in bounded memory. */
export class SortEngine {
  private readonly options: EngineOptions;
  private open: { readonly instance: DuckDBInstance; readonly db: DuckDBConnection } | undefined;

  constructor(options: EngineOptions) {
    this.options = options;
  }

  /** Runs one statement and gives its rows. Throws LakeError FILE_UNREADABLE for a file that is no whole Parquet file. After a large one the engine is started anew: it keeps memory that it once had, and starts in milliseconds. */
  async rows(sql: string, isLarge: boolean): Promise<unknown[][]> {
    const { db } = await this.opened();
    try {
      return (await db.runAndReadAll(sql)).getRows() as unknown[][];
    } catch (error) {
      throw named(error);
    } finally {
      if (isLarge) this.rest();
    }
  }

  /** Runs one query and gives its rows part by part, as they are read. */
  async *parts(sql: string): AsyncGenerator<unknown[][]> {
    const { db } = await this.opened();
    // A query that fails behind its first rows ends like one that is done: the row behind the last one tells them apart.
    const result = await db.stream(`SELECT *, false AS "@end" FROM (${sql}) UNION ALL BY NAME SELECT true AS "@end"`);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) throw new Error('a query of the engine failed behind its first rows');
      const rows = chunk.getRows() as unknown[][];
      const isLast = rows.at(-1)?.pop() === true;
      if (isLast) rows.pop();
      for (const row of isLast ? rows : rows.slice(0, -1)) row.pop();
      if (rows.length > 0) yield rows;
      if (isLast) return;
    }
  }

  /** Frees all memory; the next statement starts the engine again. */
  rest(): void {
    this.open?.db.closeSync();
    this.open?.instance.closeSync();
    this.open = undefined;
  }

  private async opened(): Promise<{ readonly db: DuckDBConnection }> {
    if (this.open !== undefined) return this.open;
    const { scratch, memoryMb, threads } = this.options;
    const spill = join(scratch, 'spill');
    rmSync(spill, { recursive: true, force: true });
    mkdirSync(spill, { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryMb}MiB`,
      threads: String(threads),
      temp_directory: spill,
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
      // With one thread the order of an ORDER BY stays, and row groups may end by their bytes.
      preserve_insertion_order: 'false',
    });
    const db = await instance.connect();
    this.open = { instance, db };
    await db.run("SET TimeZone = 'UTC'");
    return this.open;
  }
}

/** What the engine says of files that it cannot make sense of. */
const UNREADABLE = /^(?:Invalid Input Error: |IO Error: Could not read ).*?['"]([^'"]+\.parquet)['"]/s;

/** Errors of damaged files by their name in the lake's words; others as they are. */
function named(error: unknown): unknown {
  const [, path] = UNREADABLE.exec(error instanceof Error ? error.message : '') ?? [];
  if (path === undefined || !(error instanceof Error)) return error;
  return new LakeError(
    'FILE_UNREADABLE',
    `${path} is no whole Parquet file: ${error.message.split('\n', 1)[0]}. Put back its earlier version; headrace compact names it, and says how to set it aside.`,
    { cause: error },
  );
}

/** Bytes of a BLOB as the engine gives it. */
export function blobBytes(value: unknown): Uint8Array {
  if (value instanceof DuckDBBlobValue) return value.bytes;
  throw new Error(`a value of ${typeof value} is no BLOB`);
}
