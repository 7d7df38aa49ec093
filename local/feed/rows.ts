import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DuckDBBigIntVector,
  DuckDBBlobVector,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  DuckDBVarCharVector,
} from '@duckdb/node-api';
import { UsageError, usageError } from '../../core/errors.ts';
import type { SourceColumn } from './columns.ts';
import { csvForm, linesAt } from './csv-text.ts';
import { type EventChunk, type FeedShape, partitionKeyOf } from './events.ts';
import type { Inputs } from './inputs.ts';
import { csvViewSql, inputViewSql, PAYLOADS_SQL, payloadSql, selectSql } from './query.ts';

/** How rows are read. */
export interface RowsOptions {
  readonly shape: FeedShape;
  /** A SELECT over the view `input`; without it the rows are events as they are. */
  readonly importSql?: string | undefined;
  /** Wants of an import all labels, those too that become known behind the last event: it reads them with getvariable('all_labels'). */
  readonly wantsAllLabels?: boolean | undefined;
  /** Folder for sorts that do not fit in memory, default in the system's temporary folder. */
  readonly spillPath?: string | undefined;
}

/** DuckDB's share of the memory: a sort of millions of rows fits, a bigger one spills to disk. */
const DUCKDB_CONFIG = { memory_limit: '350MB', threads: '2', autoinstall_known_extensions: 'false' };

/** Longest reason of the engine that is shown: what was wrong comes first in it. */
const REASON_LENGTH_MAX = 300;

/** A query that fails is the user's: the file, the SELECT or the columns. */
async function asked<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new UsageError(
      `${what}: ${error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, REASON_LENGTH_MAX) : String(error)}`,
      { cause: error },
    );
  }
}

async function columnsOf(connection: DuckDBConnection, select: string): Promise<SourceColumn[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM (\n${select}\n) AS events`);
  return described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }));
}

function vectorsOf(chunk: DuckDBDataChunk): { payloads: DuckDBBlobVector; keys: DuckDBVarCharVector; times: DuckDBBigIntVector } {
  const [payloads, keys, times] = [chunk.getColumnVector(0), chunk.getColumnVector(1), chunk.getColumnVector(2)];
  if (payloads instanceof DuckDBBlobVector && keys instanceof DuckDBVarCharVector && times instanceof DuckDBBigIntVector)
    return { payloads, keys, times };
  throw new TypeError('feed query gave other column types than BLOB, VARCHAR, BIGINT');
}

/** Copies the payloads of the first rows of a chunk into one buffer. */
function eventsOf(chunk: DuckDBDataChunk, count: number): EventChunk {
  const { payloads, keys, times } = vectorsOf(chunk);
  const parts = new Array<Uint8Array>(count);
  const texts = new Array<string>(count);
  const ends = new Uint32Array(count);
  const timesMs = new Float64Array(count);
  let end = 0;
  for (let row = 0; row < count; row++) {
    const part = payloads.getItemBytes(row) ?? new Uint8Array(0);
    parts[row] = part;
    end += part.length;
    ends[row] = end;
    texts[row] = partitionKeyOf(keys.getItem(row));
    const time = times.getItem(row);
    timesMs[row] = time === null ? Number.NaN : Number(time);
  }
  const bytes = Buffer.allocUnsafe(end);
  for (let row = 0; row < count; row++) bytes.set(parts[row] ?? new Uint8Array(0), row === 0 ? 0 : ends[row - 1]);
  return { count, bytes, ends, keys: texts, timesMs };
}

/**
 * Events from the rows of files, in the order of the query (without ORDER BY: file by file, row by row). A CSV row that does not fit
 * its header comes as the bytes it has, after the others of its file. Throws UsageError for files or SQL it cannot read.
 */
export async function* rowEvents(inputs: Inputs, options: RowsOptions): AsyncGenerator<EventChunk> {
  const spillPath = options.spillPath ?? join(tmpdir(), 'headrace-import');
  const instance = await DuckDBInstance.create(':memory:', { ...DUCKDB_CONFIG, temp_directory: spillPath });
  const connection = await instance.connect();
  try {
    if (inputs.kind === 'payloads') {
      await asked('input files cannot be read', connection.run(inputViewSql(inputs)));
      yield* queryEvents(connection, PAYLOADS_SQL);
      return;
    }
    if (options.wantsAllLabels === true) await connection.run('SET VARIABLE all_labels = true');
    if (inputs.kind !== 'csv' || options.importSql !== undefined) {
      yield* viewEvents(connection, inputViewSql(inputs), options);
      return;
    }
    for (const file of inputs.files) {
      const form = await csvForm(file);
      if (form === undefined) continue;
      yield* viewEvents(connection, csvViewSql(file, form), options);
      yield* rejectedRows(connection, file);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* viewEvents(connection: DuckDBConnection, viewSql: string, options: RowsOptions): AsyncGenerator<EventChunk> {
  await asked('input files cannot be read', connection.run(viewSql));
  const select = selectSql(options.importSql);
  const columns = await asked('import query is not one SELECT that works on these files', columnsOf(connection, select));
  yield* queryEvents(connection, payloadSql(select, columns, options.shape));
}

/** Events of a query whose last row is one of nulls. */
async function* queryEvents(connection: DuckDBConnection, sql: string): AsyncGenerator<EventChunk> {
  const result = await asked('input cannot be read', connection.stream(sql));
  for (;;) {
    const chunk = await asked('input cannot be read', result.fetchChunk());
    // A query that fails behind its first rows ends like one that is done.
    if (chunk === null || chunk.rowCount === 0)
      throw usageError(
        'input',
        'a query that failed behind its first rows',
        'one that gives all its rows; try it with headrace query or DuckDB',
      );
    const { payloads } = vectorsOf(chunk);
    const isLast = payloads.getItemBytes(chunk.rowCount - 1) === null;
    const events = eventsOf(chunk, chunk.rowCount - (isLast ? 1 : 0));
    if (events.count > 0) yield events;
    if (isLast) break;
  }
  // What a CSV reader has refused is known once the query has ended.
  await asked('input cannot be read', result.fetchChunk());
}

/** The rows of a CSV file that did not fit, as they stand in it. */
async function* rejectedRows(connection: DuckDBConnection, file: string): AsyncGenerator<EventChunk> {
  const found = await connection.runAndReadAll('SELECT DISTINCT line_byte_position AS place FROM reject_errors ORDER BY place');
  const places = found.getRows().map(([place]) => Number(place));
  if (places.length === 0) return;
  const lines = await linesAt(file, places);
  const ends: number[] = [];
  for (const line of lines) ends.push((ends.at(-1) ?? 0) + line.byteLength);
  yield {
    count: lines.length,
    bytes: Buffer.concat(lines),
    ends: Uint32Array.from(ends),
    keys: lines.map(() => partitionKeyOf(null)),
    timesMs: new Float64Array(lines.length).fill(Number.NaN),
  };
  await connection.run('DELETE FROM reject_errors');
}
