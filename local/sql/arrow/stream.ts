import { DuckDBArrayValue, DuckDBBlobValue, DuckDBListValue, DuckDBMapValue, DuckDBStructValue, type DuckDBValue } from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import type { SqlStream } from '../lake-sql.ts';
import type { ColumnKind } from './column.ts';
import { kindOf } from './kinds.ts';

/** Rows of one record batch: enough to make its fixed cost small, few enough to build in memory. */
const BATCH_ROWS = 16_384;
/** Text and bytes of one record batch: far below the 2 GiB that its offsets reach, and small in memory. */
const BATCH_BYTES = 16 << 20;
/** What a value takes that is neither text nor bytes, about. */
const CELL_BYTES = 8;

/** Begins a message that does not follow: a stream that only stopped would be taken for a whole one. */
const CUT_SHORT = Buffer.from(Int32Array.of(-1, 1 << 10).buffer);

type Row = readonly DuckDBValue[];

/**
 * The result as an Arrow IPC stream, part by part: the schema, each record batch, the end. Memory holds one batch. The types are those
 * of `kindOf`; a result without rows has its schema all the same. When the query fails on the way, the stream ends within a message.
 */
export async function* arrowParts({ columns, parts }: SqlStream): AsyncGenerator<Uint8Array> {
  const kinds = columns.map(({ duck }) => kindOf(duck));
  const schema = new arrow.Schema(columns.map(({ name }, i) => new arrow.Field(name, kinds[i]?.type ?? new arrow.Null(), true)));
  const sink = new Sink();
  const writer = new arrow.RecordBatchStreamWriter();
  writer.reset(sink, schema);
  yield sink.take();
  try {
    for await (const rows of batchesOf(parts)) {
      writer.write(recordBatch(schema, kinds, rows));
      yield sink.take();
    }
  } catch (error) {
    yield CUT_SHORT;
    throw error;
  }
  writer.finish();
  yield sink.take();
}

/** Keeps what a writer wrote until it is taken. The library's own queue hands out nothing before the end, or goes on without waiting. */
class Sink extends arrow.AsyncByteQueue {
  private pieces: Uint8Array[] = [];

  override write(piece: Uint8Array): void {
    this.pieces.push(piece);
  }

  /** Copies, piece by piece: the library's own joining takes pieces that share memory for one. */
  take(): Uint8Array {
    const bytes = Buffer.concat(this.pieces);
    this.pieces = [];
    return bytes;
  }
}

/** Rows of one record batch after another. */
async function* batchesOf(parts: SqlStream['parts']): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  let bytes = 0;
  for await (const part of parts) {
    for (const row of part) {
      rows.push(row);
      for (const value of row) bytes += weightOf(value);
      if (rows.length < BATCH_ROWS && bytes < BATCH_BYTES) continue;
      yield rows;
      rows = [];
      bytes = 0;
    }
  }
  if (rows.length > 0) yield rows;
}

/** Bytes of a value, about. */
function weightOf(value: DuckDBValue): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return CELL_BYTES;
  if (value instanceof DuckDBBlobValue) return value.bytes.byteLength;
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return weightsOf(value.items);
  if (value instanceof DuckDBStructValue) return weightsOf(Object.values(value.entries));
  return value instanceof DuckDBMapValue ? weightsOf(value.entries.flatMap((entry) => [entry.key, entry.value])) : CELL_BYTES;
}

function weightsOf(values: readonly DuckDBValue[]): number {
  return values.reduce<number>((sum, value) => sum + weightOf(value), CELL_BYTES);
}

function recordBatch(schema: arrow.Schema, kinds: readonly ColumnKind[], rows: readonly Row[]): arrow.RecordBatch {
  const children = kinds.map(({ build }, i) => build(rows.map((row) => row[i] ?? null)));
  const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows.length, nullCount: 0, children });
  return new arrow.RecordBatch(schema, struct);
}
